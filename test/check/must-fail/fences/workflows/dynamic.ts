export const load = async (): Promise<unknown> => import('node:crypto');
