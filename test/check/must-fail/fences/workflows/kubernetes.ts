import { KubeConfig } from '@kubernetes/client-node';

export const config = new KubeConfig();
