// Acme Thumbnails: makes one thumbnail for nothing, and a whole folder of them for whoever
// has paid.
//
//   c++ -std=c++17 -o thumbnails thumbnails.cpp $(pkg-config --cflags --libs paidup)
//   ./thumbnails KEY        once, with the key from the e-mail
//   ./thumbnails            from then on
#include "paidup.hpp"

#include <iostream>

// What "paidup keys export" prints.
#ifndef ACME_ISSUER
#define ACME_ISSUER "https://licenses.example.com"
#define ACME_ROOT "1-1KDvGaI4OlzbxBVx_o2jRt-IjHZr8sWPTon7PNJlY"
#endif

static paidup::Setup setup()
{
    paidup::Setup setup(ACME_ISSUER, "notes");
    setup.root(ACME_ROOT);
#ifdef ACME_TEST
    setup.test_mode();
#endif
#ifdef ACME_FOLDER
    setup.folders(ACME_FOLDER "/state", ACME_FOLDER "/witness");
#endif
    return setup;
}

static int work(paidup::Client &client)
{
    std::cout << "One thumbnail is made.\n";
    if (!client.allows("export")) {
        const paidup::Code code = client.check().code;
        std::cout << "A whole folder is part of a paid plan. " << code.meaning() << "\n"
                  << code.next_step() << "\n";
        return 1;
    }
    const auto license = client.check().license;
    std::cout << "The whole folder is done, thanks to " << license->policy() << ".\n";
    if (license->grace_ends_at())
        std::cout << "Your plan ends soon. Renew it to keep this.\n";
    return 0;
}

int main(int argc, char **argv)
try {
    paidup::Client client(setup());
    client.start_refreshing();
    if (argc > 1)
        client.activate(argv[1]);
    return work(client);
} catch (const paidup::Error &error) {
    std::cerr << "Sorry: " << error.what() << ".\n" << error.next_step << "\n";
    return 1;
} catch (const std::exception &error) {
    std::cerr << "Acme Thumbnails: " << error.what() << "\n";
    return 1;
}
