export { again } from './through-another.ts';
