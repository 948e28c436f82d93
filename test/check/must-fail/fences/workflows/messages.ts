export { one } from './domain/pure.ts';
