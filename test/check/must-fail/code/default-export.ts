export default function upgrade(): void {}
