# What a fresh Debian machine lacks. A tool that is there is left as it is; one
# that cannot be installed ends the run.

lacks() { ! command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    local packages=()
    lacks cc && packages+=(build-essential)
    lacks curl && packages+=(curl ca-certificates)
    lacks node && packages+=(nodejs)
    lacks npm && packages+=(npm)
    lacks python3 && packages+=(python3)
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
    [ ${#packages[@]} = 0 ] && return
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${packages[@]}"
}

install_rust() {
    if lacks cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
    elif lacks cargo; then
        curl -sSf --proto '=https' https://sh.rustup.rs | sh -s -- -y --profile minimal
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    rustup target list --installed | grep -qx wasm32-unknown-unknown ||
        rustup target add wasm32-unknown-unknown
    for component in rustfmt clippy; do
        rustup component list --installed | grep -q "^$component" ||
            rustup component add "$component"
    done
    lacks cargo-nextest && cargo install --locked cargo-nextest
    cargo --version
    cargo nextest --version | head -n 1
}

install_all() {
    install_packages
    install_rust
}
