export enum Phase { Plan, Done }
