import { activities } from '../workflows/allowed.ts';

export const again = activities;
