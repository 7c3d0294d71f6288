// Readers for the relay's bench: takes addresses from standard input, one a line, up to an empty line, and plays them all: rtsp:// over TCP, http:// as it comes; one behind
// a `!` stops reading once it plays, and keeps its connection. Watches that no packet of `cameras.c` is missing, by the number that it carries, and how old each frame is. At each further line it prints a line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 16384, READ = 262144, HISTOGRAM = 20000, AT_ONCE = 32 };

typedef struct {
  char url[640], control[800], host[64], session[128];
  int fd, port, stage, sequence, plays, stalls;  // stage: 1 described, 2 set up, 3 told to play
  int kept, seen;                        // bytes of an unfinished piece; whether a packet has come
  uint8_t keep[70000];
  uint32_t number;
  uint16_t rtp;
} Reader;

static Reader *readers[MAX_FD], *all[MAX_FD];
static int count_all, started, waiting, playing, gone, poll_fd;
static uint8_t buffer[READ + 70000];
static uint64_t packets, lost, disordered, bytes, frames, ages[HISTOGRAM + 1];

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void ask(Reader *r, const char *method, const char *url, const char *more) {
  char out[2048];
  int length = snprintf(out, sizeof out, "%s %s RTSP/1.0\r\nCSeq: %d\r\n%s\r\n", method, url, ++r->sequence, more);
  (void)!write(r->fd, out, length);
}

static void begin(Reader *r) {
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(r->port)};
  inet_pton(AF_INET, r->host, &address.sin_addr);
  r->fd = socket(AF_INET, SOCK_STREAM, 0);
  // The kernel is not to read much in its place either.
  if (r->stalls) setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &(int){32768}, sizeof(int));
  if (connect(r->fd, (void *)&address, sizeof address)) { gone++; close(r->fd); return; }
  setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  readers[r->fd] = r;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = r->fd};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, r->fd, &event);
  if (!strncmp(r->url, "rtsp", 4)) {
    waiting++;
    return ask(r, "DESCRIBE", r->url, "Accept: application/sdp\r\n");
  }
  char out[1024];
  int length = snprintf(out, sizeof out, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", strchr(r->url + 7, '/'), r->host);
  (void)!write(r->fd, out, length);
  r->stage = 3;
  playing++;
}

/** The value of a header, or of a line of the description, up to the first of `ends`. */
static int value_of(const char *text, const char *name, const char *ends, char *into, size_t size) {
  const char *found = strcasestr(text, name);
  if (!found) return 0;
  found += strlen(name) + strspn(found + strlen(name), " ");
  snprintf(into, size, "%.*s", (int)strcspn(found, ends), found);
  return 1;
}

static void answered(Reader *r, char *text) {
  char more[512], control[400] = "", base[640];
  if (strncmp(text + 9, "200", 3)) {
    fprintf(stderr, "%s: %.30s\n", r->url, text);
    waiting--, gone++, shutdown(r->fd, SHUT_RDWR);
  } else if (r->stage == 0) {
    char *media = strstr(text, "m=video");
    snprintf(base, sizeof base, "%s", r->url);
    value_of(text, "Content-Base:", "\r\n", base, sizeof base);
    if (media) value_of(media, "a=control:", "\r\n", control, sizeof control);
    int slashed = base[strlen(base) - 1] == '/';
    if (!strncmp(control, "rtsp", 4)) snprintf(r->control, sizeof r->control, "%s", control);
    else snprintf(r->control, sizeof r->control, "%s%s%s", base, slashed ? "" : "/", control);
    r->stage = 1;
    ask(r, "SETUP", r->control, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
  } else if (r->stage == 1) {
    value_of(text, "Session:", ";\r\n", r->session, sizeof r->session);
    snprintf(more, sizeof more, "Session: %s\r\nRange: npt=0.000-\r\n", r->session);
    r->stage = 2;
    ask(r, "PLAY", r->url, more);
  } else if (r->stage == 2) {
    r->stage = 3, waiting--, playing++;
    if (r->stalls) epoll_ctl(poll_fd, EPOLL_CTL_DEL, r->fd, NULL);
  }
}

/** An RTP packet: in order, none missing, how old. */
static void take(Reader *r, const uint8_t *packet, int length, int64_t now) {
  uint16_t rtp = packet[2] << 8 | packet[3];
  packets++;
  if (r->seen && (uint16_t)(rtp - r->rtp) != 1) disordered++;
  r->rtp = rtp;
  int start = length > 12 && packet[0] & 0x10 ? 16 + 4 * (packet[14] << 8 | packet[15]) : 12;
  if (length >= start + 22 && (packet[start] & 0x1f) == 28 && packet[start + 2] == 0x88) {
    uint32_t number;
    int64_t made_us;
    memcpy(&number, packet + start + 6, 4);
    memcpy(&made_us, packet + start + 10, 8);
    // What comes twice counts as nothing missing, what is skipped as missing.
    if (r->seen == 2 && number - r->number - 1 < 0x7fffffff) lost += number - r->number - 1;
    r->number = number;
    r->seen = 2;
    if (packet[1] & 0x80) {
      int64_t age = now - made_us;
      frames++;
      ages[age < 0 ? 0 : age / 100 > HISTOGRAM ? HISTOGRAM : age / 100]++;
    }
  }
  if (!r->seen) r->seen = 1;
}

static void hear(Reader *r) {
  memcpy(buffer, r->keep, r->kept);
  ssize_t count = recv(r->fd, buffer + r->kept, READ, MSG_DONTWAIT);
  if (count <= 0) {
    if (count < 0 && errno == EAGAIN) return;
    if (r->stage == 3) playing--, gone++;
    close(r->fd);
    readers[r->fd] = NULL;
    return;
  }
  bytes += count;
  if (!strncmp(r->url, "http", 4)) return;
  int64_t now = now_us();
  int at = 0, end = r->kept + count;
  while (end - at >= 4) {
    if (buffer[at] == '$') {
      int size = 4 + (buffer[at + 2] << 8 | buffer[at + 3]);
      if (end - at < size) break;
      if (buffer[at + 1] == 0 && size > 16) take(r, buffer + at + 4, size - 4, now);
      at += size;
    } else {
      char *head_end = memmem(buffer + at, end - at, "\r\n\r\n", 4), length[16] = "0";
      if (!head_end) break;
      *head_end = 0;
      value_of((char *)buffer + at, "Content-Length:", "\r\n", length, sizeof length);
      int size = head_end + 4 - (char *)(buffer + at) + atoi(length);
      *head_end = '\r';
      if (end - at < size) break;
      uint8_t after = buffer[at + size];
      buffer[at + size] = 0;
      answered(r, (char *)buffer + at);
      buffer[at + size] = after;
      at += size;
    }
  }
  r->kept = end - at > (int)sizeof r->keep ? 0 : end - at;
  memcpy(r->keep, buffer + at, r->kept);
}

static double age_at(double part) {
  uint64_t sum = 0;
  for (int i = 0; i <= HISTOGRAM; i++)
    if ((sum += ages[i]) >= frames * part) return (i + 1) / 10.0;
  return 0;
}

static void report(void) {
  printf("{\"playing\":%d,\"gone\":%d,\"packets\":%lu,\"lost\":%lu,\"disordered\":%lu,\"bytes\":%lu,\"frames\":%lu,\"ageP50Ms\":%.1f,\"ageP99Ms\":%.1f}\n",
         playing, gone, packets, lost, disordered, bytes, frames, frames ? age_at(0.5) : 0, frames ? age_at(0.99) : 0);
  fflush(stdout);
  packets = lost = disordered = bytes = frames = 0;
  memset(ages, 0, sizeof ages);
}

/** A line of standard input without its end, byte by byte: what is behind it is another's to read. */
static int read_line(char *line, int size) {
  int length = 0;
  while (length < size - 1 && read(0, line + length, 1) == 1 && line[length] != '\n') length++;
  line[length] = 0;
  return length;
}

int main(void) {
  prctl(PR_SET_PDEATHSIG, 9);
  signal(SIGPIPE, SIG_IGN);
  char line[640];
  while (read_line(line, sizeof line) > 0) {
    Reader *r = all[count_all++] = calloc(1, sizeof *r);
    r->stalls = line[0] == '!';
    snprintf(r->url, sizeof r->url, "%s", line + r->stalls);
    if (sscanf(r->url, "%*[a-z]://%63[^:/]:%d", r->host, &r->port) != 2) return 2;
  }
  poll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = 0};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &event);
  for (;;) {
    while (started < count_all && waiting < AT_ONCE) begin(all[started++]);
    struct epoll_event events[256];
    int count = epoll_wait(poll_fd, events, 256, 1000);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == 0 && read(0, line, sizeof line) <= 0) return 0;
      else if (fd == 0) report();
      else if (readers[fd]) hear(readers[fd]);
    }
  }
}
