/**
 * Forms of the strings that people write. Many end up as arguments of commands on hosts: none of them admits a
 * space, a quote, a control character or a leading dash.
 */

/** RFC 1123 label: names of clusters, pools and add-ons. At most 63 characters. */
export const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** RFC 1123 subdomain: names of nodes. At most 253 characters. */
export const NODE_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Host name, IPv4 or IPv6 without brackets. */
export const ADDRESS = /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|(?=[^.]*:)[0-9A-Fa-f:]+(?:[0-9.]+)?)$/;

/** Login name on a host. */
export const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Release of upstream Kubernetes; the packages that kubeadm comes in exist for releases only. */
export const RELEASE = /^v?(?:0|[1-9]\d{0,3})\.(?:0|[1-9]\d{0,3})\.(?:0|[1-9]\d{0,3})$/;

/** Path without control characters; `~` alone or before `/` is the worker's home, and no other user's home can be named. */
export const FILE = /^(?!~[^/])\P{Cc}{1,4096}$/u;

/** Name of an environment variable. */
export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Key of a Kubernetes label, with an optional DNS prefix. */
export const LABEL_KEY = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** Value of a Kubernetes label; may be empty. */
export const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

/** Label selector as kubectl takes it: `app=web,tier notin (cache)`. */
export const SELECTOR_TEXT = /^[A-Za-z0-9!][A-Za-z0-9_./,=!() -]{0,1023}$/;

/** Name of a check of kubeadm's own preflight: `Swap`, `Port-10250`. */
export const KUBEADM_CHECK = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** URL template: http, https or file, `{minor}` at least once and no other braces, no user or password. */
export const REPOSITORY = /^(?=.{1,1024}$)(?=.*\{minor\})(?:https?:\/\/[A-Za-z0-9[]|file:\/\/\/)(?:[A-Za-z0-9._~:/%+,=[\]-]|\{minor\})*$/;

/** Count of at least 1, or 1% to 99%. The arithmetic is `workflows/domain/max-unavailable.ts`. */
export const PERCENTAGE = /^[1-9]\d?%$/;

/** Time with its zone, to the second or finer. */
export const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A line for people without control characters, and without the user and password of a URL. */
export const LINE = /^(?=.{1,256}$)(?!.*:\/\/[^/\s]*@)(?=\S)\P{Cc}*\S$/u;
