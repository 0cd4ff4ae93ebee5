// GET /health — the stage answers. It looks at no dependency: that is the deep check's work.
import { publicRoute } from './edge/public-route.ts';

export const handler = publicRoute(() => ({ status: 'ok' }));
