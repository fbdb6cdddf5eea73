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
    lacks x86_64-w64-mingw32-gcc && packages+=(gcc-mingw-w64-x86-64)
    lacks wine && packages+=(wine wine64)
    [ -x /usr/bin/chromium ] || packages+=(chromium)
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
    for target in wasm32-unknown-unknown x86_64-pc-windows-gnu aarch64-apple-darwin; do
        rustup target list --installed | grep -qx "$target" || rustup target add "$target"
    done
    for component in rustfmt clippy; do
        rustup component list --installed | grep -q "^$component" ||
            rustup component add "$component"
    done
    lacks cargo-nextest && cargo install --locked cargo-nextest
    cargo --version
    cargo nextest --version | head -n 1
}

install_mutants() {
    lacks cargo-mutants && cargo install --locked cargo-mutants@27.1.0
    cargo mutants --version
}

# The official libraries of other languages, for tests/interop.
install_interop() {
    local major
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    if [ "$major" -lt 20 ]; then
        echo "node $(node --version) is too old for npm's jose and stripe; install Node.js 20 or newer" >&2
        return 1
    fi
    local python=tests/interop/python
    [ -x "$python/.venv/bin/python" ] || python3 -m venv "$python/.venv"
    "$python/.venv/bin/pip" install --quiet --disable-pip-version-check -r "$python/requirements.txt"
    npm ci --prefix tests/interop/node --no-audit --no-fund --loglevel=error
    npm install --prefix tests/interop/cli --no-package-lock --no-audit --no-fund --loglevel=error
    tests/interop/cli/node_modules/.bin/stripe --version
}

install_all() {
    install_packages
    install_rust
    install_interop
}
