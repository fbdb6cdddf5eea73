// libpaidup for C++17: handles that free themselves, texts as strings, errors as
// exceptions. Put this one file into your program, beside paidup.h.
#ifndef PAIDUP_HPP
#define PAIDUP_HPP

#include <paidup.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace paidup {

// Where a license stands, or why something was not done.
class Code {
public:
    Code(paidup_result number) : number_(number) {}

    // Whether the app may be used.
    bool usable() const { return paidup_result_usable(number_) != 0; }
    std::string name() const { return paidup_result_name(number_); }
    std::string meaning() const { return paidup_result_meaning(number_); }
    std::string next_step() const { return paidup_result_next_step(number_); }

    // The number, to compare with PAIDUP_VALID and the others.
    paidup_result number() const { return number_; }

private:
    paidup_result number_;
};

// A machine that has a seat.
struct Machine {
    std::string id;
    std::optional<std::string> name;
    std::optional<std::string> last_seen_at;
    bool is_this;
};

namespace detail {

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T *handle) const { Free(handle); }
};

template <typename T, auto Free>
using Handle = std::unique_ptr<T, Freed<Free>>;

inline std::optional<std::string> text(const char *text)
{
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

inline std::vector<Machine> machines(const paidup_machines *list)
{
    std::vector<Machine> machines;
    for (std::size_t n = 0; n < paidup_machines_count(list); n++)
        machines.push_back({paidup_machines_id(list, n), text(paidup_machines_name(list, n)),
                            text(paidup_machines_last_seen_at(list, n)),
                            paidup_machines_is_this(list, n) != 0});
    return machines;
}

// Asks for a text until the buffer is large enough.
template <typename Write>
std::string written(Write write)
{
    std::string text;
    std::size_t needed = 0;
    paidup_result code = write(nullptr, 0, &needed);
    while (code == PAIDUP_BUFFER_TOO_SMALL) {
        text.resize(needed);
        code = write(text.data(), text.size(), &needed);
    }
    if (code != PAIDUP_OK)
        throw std::invalid_argument(paidup_result_meaning(code));
    text.resize(needed - 1);
    return text;
}

} // namespace detail

// Why something was not done. what() is a sentence for the user.
class Error : public std::runtime_error {
public:
    explicit Error(const paidup_error *error)
        : std::runtime_error(paidup_error_message(error)), code(paidup_error_code(error)),
          next_step(paidup_error_next_step(error)),
          machines(detail::machines(paidup_error_machines(error)))
    {
    }

    Code code;
    // The way out, as a sentence for the user.
    std::string next_step;
    // Who has the seats, where every seat is taken.
    std::vector<Machine> machines;
};

// A verified license. It never changes; copies are the same license.
class License {
public:
    explicit License(paidup_license *license) : it_(license, paidup_license_free) {}

    Code standing(std::int64_t now) const { return paidup_license_standing(it_.get(), now); }
    bool allows(const std::string &entitlement, std::int64_t now) const
    {
        return paidup_license_allows(it_.get(), entitlement.c_str(), now) != 0;
    }

    std::string id() const { return paidup_license_id(it_.get()); }
    std::string policy() const { return paidup_license_policy_name(it_.get()); }
    std::optional<std::string> reason() const
    {
        return detail::text(paidup_license_reason(it_.get()));
    }
    std::vector<std::string> entitlements() const
    {
        std::vector<std::string> all;
        for (std::size_t n = 0; n < paidup_license_entitlement_count(it_.get()); n++)
            all.emplace_back(paidup_license_entitlement(it_.get(), n));
        return all;
    }
    std::optional<std::int64_t> grace_ends_at() const
    {
        const std::int64_t at = paidup_license_grace_ends_at(it_.get());
        return at == 0 ? std::nullopt : std::optional(at);
    }
    std::int64_t lease_ends_at() const { return paidup_license_lease_ends_at(it_.get()); }

private:
    std::shared_ptr<const paidup_license> it_;
};

// What holds now.
struct Answer {
    Code code;
    std::optional<License> license;
};

// What an app is built with.
class Setup {
public:
    Setup(const std::string &issuer, const std::string &product)
        : it_(paidup_setup_new(issuer.c_str(), product.c_str()))
    {
    }

    Setup &root(const std::string &x) { return must(paidup_setup_add_root(it_.get(), x.c_str())); }
    Setup &test_mode() { return must(paidup_setup_set_test_mode(it_.get())); }
    Setup &folders(const std::string &state, const std::string &witness)
    {
        return must(paidup_setup_set_folders(it_.get(), state.c_str(), witness.c_str()));
    }

    const paidup_setup *get() const { return it_.get(); }

private:
    Setup &must(paidup_result code)
    {
        if (code != PAIDUP_OK)
            throw std::invalid_argument(paidup_result_meaning(code));
        return *this;
    }

    detail::Handle<paidup_setup, paidup_setup_free> it_;
};

// An app's license, kept fresh. Any thread may use it.
class Client {
public:
    explicit Client(const Setup &setup)
    {
        paidup_client *opened = nullptr;
        call([&](paidup_error **error) { return paidup_client_open(setup.get(), &opened, error); });
        it_.reset(opened);
    }

    Answer check() const
    {
        paidup_license *license = nullptr;
        const Code code = paidup_client_check(it_.get(), &license);
        if (license == nullptr)
            return {code, std::nullopt};
        return {code, License(license)};
    }
    bool allows(const std::string &entitlement) const
    {
        return paidup_client_allows(it_.get(), entitlement.c_str()) != 0;
    }
    void start_refreshing() { paidup_client_start_refreshing(it_.get()); }

    // These wait for the issuer, and throw Error.
    Code activate(const std::string &key)
    {
        return call([&](paidup_error **error) {
            return paidup_client_activate(it_.get(), key.c_str(), error);
        });
    }
    Code refresh()
    {
        return call([&](paidup_error **error) { return paidup_client_refresh(it_.get(), error); });
    }
    void deactivate()
    {
        call([&](paidup_error **error) { return paidup_client_deactivate(it_.get(), error); });
    }
    std::vector<Machine> machines()
    {
        paidup_machines *list = nullptr;
        call([&](paidup_error **error) {
            return paidup_client_list_machines(it_.get(), &list, error);
        });
        const detail::Handle<paidup_machines, paidup_machines_free> owned(list);
        return detail::machines(list);
    }
    void free_machine(const std::string &id)
    {
        call([&](paidup_error **error) {
            return paidup_client_free_machine(it_.get(), id.c_str(), error);
        });
    }

    // Each check, and the next step, as JSON.
    std::string explain() const
    {
        return detail::written([&](char *buffer, std::size_t capacity, std::size_t *needed) {
            return paidup_client_explain(it_.get(), buffer, capacity, needed);
        });
    }

private:
    template <typename Function>
    static Code call(Function function)
    {
        paidup_error *error = nullptr;
        const Code code = function(&error);
        const detail::Handle<paidup_error, paidup_error_free> owned(error);
        if (error != nullptr)
            throw Error(error);
        return code;
    }

    detail::Handle<paidup_client, paidup_client_free> it_;
};

} // namespace paidup

#endif
