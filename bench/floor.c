/* The kernel's floor: what is left of a conversation in a child of its own when the program does nothing. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(int client, const char *line)
{
    if (write(client, line, strlen(line)) < 0) _exit(1);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0) };
    int server = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 128)) return 1;
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        char line[4096];
        int client = accept(server, NULL, NULL);
        if (client >= 0 && fork() == 0) {
            say(client, "Eliza:\tHow do you do?\nyou:\t");
            while (read(client, line, sizeof line) > 0 && memcmp(line, "bye", 3))
                say(client, "Eliza:\tPlease go on.\nyou:\t");
            say(client, "Eliza:\tGoodbye.\n");
            _exit(0);
        }
        close(client);
    }
}
