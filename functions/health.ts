// GET /health — the stage answers. It looks at no dependency: that is the deep check's work.
import { openRoute } from './open.ts';

export const handler = openRoute(() => ({ status: 'ok' }));
