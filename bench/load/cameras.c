// Cameras for the relay's bench, all on one port: RTSP over TCP, H.264 of 25 frames/s, one key frame a second (or as told), written in pieces that do not
// end where packets do. No picture is in it, but its parameter sets are real and each packet carries its number. Arguments: bytes/s of a stream, most bytes of one write, milliseconds
// from key frame to key frame. Prints its port; at each line of standard input a line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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

enum { MAX_FD = 16384, PAYLOAD = 1400, FRAME_MS = 40, KEY_WEIGHT = 5, WARM_MS = 1000 };

typedef struct {
  int fd, playing, head;
  char request[4096];
  uint8_t *frame;       // what is being written
  int length, offset;
  uint16_t sequence;
  uint32_t ssrc, number, frames;
  int64_t next_us;      // when its next frame is due
} Camera;

static Camera *cameras[MAX_FD];
static int playing[MAX_FD], players;
static uint8_t noise[262144];
static int bytes_per_second, chunk, gop_frames, key_bytes, delta_bytes, opened;
static uint64_t sent_packets, sent_bytes, writes, blocked;
static int64_t late_us, behind_us;
static uint8_t sps[] = {0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0xa0, 0x5b, 0xb0, 0x16, 0xa0, 0x20, 0x20, 0x28, 0x00, 0x00,
                        0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0x90, 0x78, 0xc1, 0x92, 0x40};
static uint8_t pps[] = {0x68, 0xcb, 0x83, 0xcb, 0x20};
static const char *sprop = "Z0LAH9kAoFuwFqAgICgAAAMACAAAAwGQeMGSQA==,aMuDyyA=";

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void forget(Camera *c) {
  for (int i = 0; i < players; i++)
    if (playing[i] == c->fd) playing[i--] = playing[--players];
  cameras[c->fd] = NULL;
  close(c->fd);
  free(c->frame);
  free(c);
}

/** One RTP packet behind its interleaved head; `marker` ends the frame. */
static uint8_t *put_packet(Camera *c, uint8_t *at, const uint8_t *head, int head_length, const uint8_t *body, int length, int marker) {
  int size = 12 + head_length + length;
  uint32_t stamp = c->frames * 3600u;
  uint8_t rtp[16] = {'$', 0, size >> 8, size, 0x80, 96 | (marker ? 0x80 : 0), c->sequence >> 8, c->sequence,
                     stamp >> 24, stamp >> 16, stamp >> 8, stamp, c->ssrc >> 24, c->ssrc >> 16, c->ssrc >> 8, c->ssrc};
  memcpy(at, rtp, 16);
  memcpy(at + 16, head, head_length);
  memcpy(at + 16 + head_length, body, length);
  c->sequence++;
  sent_packets++;
  return at + 4 + size;
}

/** The next frame: parameter sets and FU-A fragments, each with its number and the time of its making behind the header. */
static void make_frame(Camera *c, int64_t made_us) {
  int is_key = c->frames % gop_frames == 0, left = is_key ? key_bytes : delta_bytes, first = 1;
  uint8_t *at = c->frame;
  if (is_key) {
    at = put_packet(c, at, sps, 0, sps, sizeof sps, 0);
    at = put_packet(c, at, pps, 0, pps, sizeof pps, 0);
  }
  while (left > 0) {
    int length = left > PAYLOAD ? PAYLOAD : left < 20 ? 20 : left;
    uint8_t head[22] = {is_key ? 0x7c : 0x5c, (is_key ? 5 : 1) | (first ? 0x80 : 0) | (left <= PAYLOAD ? 0x40 : 0), 0x88, 0x84, 0x21, 0xa0};
    memcpy(head + 6, &c->number, 4);
    memcpy(head + 10, &made_us, 8);
    c->number++;
    at = put_packet(c, at, head, 22, noise + c->number % 1000, length - 20, left <= PAYLOAD);
    left -= length;
    first = 0;
  }
  c->frames++;
  c->length = at - c->frame;
  c->offset = 0;
}

static void answer(Camera *c, char *request) {
  char body[512] = "", headers[1024] = "", *sequence = strcasestr(request, "cseq:"), *url = strchr(request, ' ');
  char out[4096], base[512] = "";
  if (url) snprintf(base, sizeof base, "%.*s", (int)strcspn(url + 1, " "), url + 1);
  if (!strncmp(request, "DESCRIBE", 8)) {
    snprintf(body, sizeof body, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=load\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
             "a=fmtp:96 packetization-mode=1;profile-level-id=42C01F;sprop-parameter-sets=%s\r\na=control:track1\r\n", sprop);
    snprintf(headers, sizeof headers, "Content-Base: %s/\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n", base, strlen(body));
  } else if (!strncmp(request, "SETUP", 5))
    snprintf(headers, sizeof headers, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: %d;timeout=60\r\n", c->fd);
  else
    snprintf(headers, sizeof headers, "Session: %d\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", c->fd);
  int length = snprintf(out, sizeof out, "RTSP/1.0 200 OK\r\nCSeq: %d\r\n%s\r\n%s", sequence ? atoi(sequence + 5) : 0, headers, body);
  if (c->length == c->offset) (void)!write(c->fd, out, length);
  if (!strncmp(request, "PLAY", 4) && !c->playing) {
    c->playing = 1;
    playing[players++] = c->fd;
    // Frames and key frames of the cameras do not come together: each has its place in the second.
    int64_t gop_us = (int64_t)gop_frames * FRAME_MS * 1000, place = opened++ * 618034LL % gop_us;
    c->next_us = now_us() + WARM_MS * 1000 + place % (FRAME_MS * 1000);
    c->frames = place / (FRAME_MS * 1000);
  }
}

static void hear(Camera *c) {
  ssize_t count = read(c->fd, c->request + c->head, sizeof c->request - 1 - c->head);
  if (count <= 0) {
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) forget(c);
    return;
  }
  c->head += count;
  c->request[c->head] = 0;
  for (char *end; (end = memmem(c->request, c->head, "\r\n\r\n", 4));) {
    *end = 0;
    if (c->request[0] != '$') answer(c, c->request);
    c->head -= end + 4 - c->request;
    memmove(c->request, end + 4, c->head + 1);
  }
  if (c->head > 4000) c->head = 0;
}

/** One write of at most `chunk` bytes where a frame is due or begun. False when the camera is gone. */
static int feed(Camera *c, int64_t now) {
  if (c->offset == c->length) {
    if (now < c->next_us) return 1;
    if (now - c->next_us > behind_us) behind_us = now - c->next_us;
    make_frame(c, now);
    c->next_us += FRAME_MS * 1000;
  }
  int want = c->length - c->offset < chunk ? c->length - c->offset : chunk;
  ssize_t count = send(c->fd, c->frame + c->offset, want, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN) return forget(c), 0;
  if (count < want) blocked++;
  if (count > 0) c->offset += count, sent_bytes += count, writes++;
  return 1;
}

static void report(void) {
  printf("{\"players\":%d,\"packets\":%lu,\"bytes\":%lu,\"writes\":%lu,\"blocked\":%lu,\"lateMs\":%.1f,\"behindMs\":%.1f}\n", players,
         sent_packets, sent_bytes, writes, blocked, late_us / 1000.0, behind_us / 1000.0);
  fflush(stdout);
  late_us = behind_us = 0;
}

static void receive(int server, int poll) {
  int one = 1, fd = accept4(server, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  if (fd >= MAX_FD) return (void)close(fd);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  Camera *c = cameras[fd] = calloc(1, sizeof *c);
  c->fd = fd;
  c->ssrc = 0x10000 + fd;
  c->sequence = 65000;
  c->frame = malloc(key_bytes + key_bytes / 20 + 8192);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, 9);
  signal(SIGPIPE, SIG_IGN);
  if (argc < 4) return 2;
  bytes_per_second = atoi(argv[1]);
  chunk = atoi(argv[2]);
  gop_frames = atoi(argv[3]) / FRAME_MS;
  delta_bytes = (int)((int64_t)bytes_per_second * gop_frames * FRAME_MS / 1000 / (gop_frames - 1 + KEY_WEIGHT));
  key_bytes = delta_bytes * KEY_WEIGHT;
  for (size_t i = 0; i < sizeof noise; i++) noise[i] = (i * 2654435761u >> 24) | 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
  if (bind(server, (void *)&address, size) || listen(server, 1024)) return perror("listen"), 1;
  getsockname(server, (void *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  int watched[] = {server, 0};
  for (int i = 0; i < 2; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = watched[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, watched[i], &event);
  }
  for (int64_t tick = now_us();;) {
    tick += 1000;
    struct timespec until = {tick / 1000000, tick % 1000000 * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    int64_t now = now_us();
    if (now - tick > late_us) late_us = now - tick;
    if (now - tick > 20000) tick = now;
    for (int i = 0; i < players; i++) i -= !feed(cameras[playing[i]], now);
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, 64, 0);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      char line[64];
      if (fd == server) receive(server, poll);
      else if (fd == 0 && read(0, line, sizeof line) <= 0) return 0;
      else if (fd == 0) report();
      else if (cameras[fd]) hear(cameras[fd]);
    }
  }
}
