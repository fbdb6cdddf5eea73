# The C ABI as its users have it: what tests/ffi needs, and the steps that are no tests of
# Rust's. tests/run sources this behind install.sh.

install_ffi() {
    local packages=()
    lacks clang && packages+=(clang)
    lacks g++ && packages+=(g++)
    lacks valgrind && packages+=(valgrind)
    lacks pkg-config && packages+=(pkg-config)
    lacks mcs && packages+=(mono-mcs)
    lacks mono && packages+=(mono-runtime)
    if [ ${#packages[@]} -gt 0 ]; then
        as_root apt-get update -qq
        install_these "${packages[@]}"
    fi
    # The sanitizers come in a package of their own, by the version of clang.
    local version
    version=$(clang -dumpversion)
    [ -d "$(clang -print-resource-dir)/lib/linux" ] || install_these "libclang-rt-${version%%.*}-dev"
    rustup toolchain list | grep -q '^nightly' ||
        rustup toolchain install nightly --profile minimal
    for component in miri rust-src; do
        rustup component add "$component" --toolchain nightly
    done
}

install_these() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "$@"
}

# Where tests/ffi looks for the two libraries.
ffi_libraries() {
    local installed=${CARGO_TARGET_DIR:-$PWD/target}/paidup-ffi
    ffi/install --prefix "$installed/client" --dev
    ffi/install --prefix "$installed/verify" --no-client
}

ffi_lint() {
    cargo clippy -p paidup-ffi --no-default-features --all-targets -- -D warnings
}

# Every pointer of the border, under the interpreter that knows what may be done with one.
# It needs no cryptography for that.
ffi_miri() {
    MIRIFLAGS='-Zmiri-disable-isolation' RUSTUP_TOOLCHAIN=nightly \
        CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/miri \
        cargo miri test -p paidup-ffi --no-default-features --lib
}

# The DLL and its import library, and the C example with them, by way of wine.
ffi_windows() {
    local installed=${CARGO_TARGET_DIR:-$PWD/target}/paidup-ffi/windows wine said
    ffi/install --prefix "$installed" --target x86_64-pc-windows-gnu --dev
    wine=$(mktemp -d)
    x86_64-w64-mingw32-gcc -shared -o "$wine/bcryptprimitives.dll" \
        tests/bin/bcryptprimitives.c -ladvapi32
    x86_64-w64-mingw32-gcc -std=c99 -Wall -Wextra -Werror -o "$wine/notes.exe" \
        -DACME_ISSUER='"http://127.0.0.1:9"' \
        -DACME_ROOT='"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"' -DACME_FOLDER='"."' \
        examples/c/notes.c examples/c/license.c "-I$installed/include" \
        "$installed/lib/libpaidup.dll.a"
    cp "$installed/bin/paidup.dll" "$wine"
    as_windows() {
        local status=$1 words=$2
        shift 2
        said=$(cd "$wine" && WINEPREFIX="$wine/prefix" WINEDEBUG=-all \
            WINEDLLOVERRIDES='mscoree,mshtml=' timeout 300 wine notes.exe "$@" 2>&1) &&
            set -- 0 || set -- $?
        case $1/$said in
            "$status"/*"$words"*) ;;
            *) echo "on Windows: status $1, and not \"$words\" but: $said" >&2 && return 1 ;;
        esac
    }
    as_windows 1 'There is no license here yet' license
    as_windows 0 '' add 'Buy milk'
    as_windows 1 'part of a paid plan' export out.txt
    as_windows 1 'Compare the key' activate NOTES-12345
    as_windows 1 'could not be reached' activate NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z
    WINEPREFIX="$wine/prefix" wineserver --kill || true
    rm -rf "$wine"
}

# As the step apple of tests/run: nothing can be linked, but it compiles.
ffi_apple() {
    CC_aarch64_apple_darwin="$PWD/tests/bin/no-cc.sh" AR_aarch64_apple_darwin=true \
        cargo check -p paidup-ffi --target aarch64-apple-darwin
}
