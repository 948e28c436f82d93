/** What kubeadm of a version puts into the ConfigMap kubelet-config, and from there into each kubelet's file. */
export function kubeletConfiguration(version: string): string {
  const text = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: true\nhealthzBindAddress: 127.0.0.1\nhealthzPort: 10248\nstaticPodPath: /etc/kubernetes/manifests\n';
  return withDefaultsOf(version, text);
}

/** A configuration of the cluster's with what kubeadm of this version adds to it. */
export function withDefaultsOf(version: string, text: string): string {
  const minor = Number(/^v\d+\.(\d+)/.exec(version)?.[1] ?? 0);
  if (minor < 34 || /^mergeDefaultEvictionSettings:/m.test(text)) return text;
  return text.replace(/^staticPodPath:/m, 'mergeDefaultEvictionSettings: false\nstaticPodPath:');
}
