export { one } from '../messages.ts';
