import { AppError } from '#shared/core/errors.ts';

/** @returns false if the writes were committed earlier, by a repeated delivery or a concurrent call */
export async function unlessConflict(committed: Promise<void>): Promise<boolean> {
  try {
    await committed;
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return false;
    throw error;
  }
}
