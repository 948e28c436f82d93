export function upgrade(spec: any): void {
  void spec;
}
