// packet-level delay line: two TUN devices in two netns, DELAY ms one way. gcc -O2 -pthread tundelay.c -o tundelay
// run: tundelay nsA nsB delay_ms   (127.99.0.1 in nsA, 127.99.0.2 in nsB)
// Both ends have loopback addresses, since plain SMTP goes nowhere else: the namespaces' own loopback route is removed.
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <pthread.h>
#include <time.h>
#include <sys/ioctl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#define Q 16384
#define MTU 9000
static double delay;
struct line { int in, out; char (*buf)[MTU + 64]; int len[Q]; double at[Q]; volatile unsigned h, t; pthread_mutex_t m; pthread_cond_t c; } L[2];
static double now() { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static int tun(const char *ns, const char *name, const char *ip, const char *peer) {
  char p[128]; snprintf(p, 128, "/run/netns/%s", ns); int f = open(p, O_RDONLY); if (setns(f, CLONE_NEWNET)) { perror("setns"); exit(1); }
  int d = open("/dev/net/tun", O_RDWR); struct ifreq r; memset(&r, 0, sizeof r); r.ifr_flags = IFF_TUN | IFF_NO_PI; strcpy(r.ifr_name, name);
  if (ioctl(d, TUNSETIFF, &r)) { perror("tun"); exit(1); }
  char c[512]; snprintf(c, 512, "ip link set lo up && ip addr add %s peer %s dev %s && ip link set %s mtu %d txqueuelen 10000 up && ip link set lo up && ip route del local 127.0.0.0/8 dev lo && sysctl -q -w net.ipv4.conf.all.route_localnet=1", ip, peer, name, name, MTU); if (system(c)) exit(1);
  return d; }
static void *rd(void *v) { struct line *l = v; for (;;) { unsigned i = l->h % Q; while (l->h - l->t >= Q) usleep(100); int n = read(l->in, l->buf[i], MTU + 64); if (n <= 0) continue; l->len[i] = n; l->at[i] = now() + delay; pthread_mutex_lock(&l->m); l->h++; pthread_cond_signal(&l->c); pthread_mutex_unlock(&l->m); } }
static void *wr(void *v) { struct line *l = v; for (;;) { pthread_mutex_lock(&l->m); while (l->h == l->t) pthread_cond_wait(&l->c, &l->m); pthread_mutex_unlock(&l->m); unsigned i = l->t % Q; double d = l->at[i] - now(); if (d > 0) { struct timespec t = { 0, d * 1e9 }; nanosleep(&t, 0); } if (write(l->out, l->buf[i], l->len[i]) < 0) {} l->t++; } }
int main(int c, char **v) { delay = atof(v[3]) / 1e3; int a = tun(v[1], "td0", "127.99.0.1", "127.99.0.2"), b = tun(v[2], "td1", "127.99.0.2", "127.99.0.1");
  pthread_t t; for (int i = 0; i < 2; i++) { L[i].in = i ? b : a; L[i].out = i ? a : b; L[i].buf = malloc((size_t)Q * (MTU + 64)); pthread_mutex_init(&L[i].m, 0); pthread_cond_init(&L[i].c, 0); pthread_create(&t, 0, rd, &L[i]); pthread_create(&t, 0, wr, &L[i]); }
  puts("up"); fflush(stdout); pause(); }
