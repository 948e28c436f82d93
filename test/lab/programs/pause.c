/* First process of a pod: holds its namespaces and reaps its orphans. kubeadm's health check runs "pause -v" and
   waits for it to end with 0. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int number) { (void)number; _exit(0); }

static void reap(int number) {
  (void)number;
  while (waitpid(-1, 0, WNOHANG) > 0) {}
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "-v") == 0) return 0;
  signal(SIGINT, leave);
  signal(SIGTERM, leave);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
