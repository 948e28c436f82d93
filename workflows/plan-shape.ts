import { isListOf, isObject, isText, isTextOrNull } from './domain/shape.ts';

/** The roots of a plan, and what every phase and node of it has. */
export function isPlan(plan: unknown): boolean {
  return isObject(plan) && isText(plan['hash']) && isText(plan['to']) && typeof plan['changes'] === 'boolean' && isListOf(plan['nodes'], isPlanned) && isListOf(plan['notes'], isText) && isTextOrNull(plan['imageRepository']) && isObject(plan['spec']) && Array.isArray(plan['files']) && isObject(plan['etcd']) && Array.isArray(plan['hops'])
    && isListOf(plan['phases'], (phase) => isObject(phase) && isListOf(phase['groups'], (group) => isListOf(group, isText)));
}

export function isPlanned(node: unknown): boolean {
  return isObject(node) && isText(node['name']) && isText(node['uid']) && isText(node['from']) && isText(node['to']) && isListOf(node['roles'], isText);
}
