import type { Finding } from '../../workflows/domain/check.ts';
import type { Kube } from '../kubernetes/port.ts';

/**
 * Who else may read or change what goes to the API server. Without TLS the credentials are anybody's on the way, so that blocks; TLS
 * that is not verified takes somebody who puts himself in between, and is how many a test cluster is used, so that warns.
 */
export function exposureFindings({ server, exposure }: Pick<Kube, 'server' | 'exposure'>): readonly Finding[] {
  switch (exposure) {
    case 'none':
      return [];
    case 'unverified':
      return [finding('warn', `The kubeconfig says insecure-skip-tls-verify: whoever is between the worker and ${server} can read the credentials and answer in the API's place.`, 'Put certificate-authority-data into the kubeconfig in place of insecure-skip-tls-verify.')];
    case 'clear':
      return [finding('warn', `The kubeconfig reaches ${server} without TLS: whoever is between can answer in the API's place.`, 'Name an https server in the kubeconfig.')];
    case 'credentials-in-clear':
      return [finding('block', `The kubeconfig sends its credentials to ${server} without TLS: everybody on the way can read them.`, 'Name an https server in the kubeconfig.')];
  }
}

function finding(severity: Finding['severity'], message: string, next: string): Finding {
  return { check: 'kubeconfig-transport', severity, node: null, message, next };
}
