# A PostgreSQL server of the tests' own: scratch data, a free port, gone when the
# run ends. Tests find it through PAIDUP_TEST_POSTGRES.

postgres_dir=

# The server refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/ "$@")
    else
        "$@"
    fi
}

start_postgres() {
    local bin port
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    postgres_dir=$(mktemp -d)
    [ "$(id -u)" = 0 ] && chown postgres "$postgres_dir"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    as_postgres "$bin/initdb" --pgdata "$postgres_dir/data" --username postgres \
        --auth trust --encoding UTF8 --no-sync >/dev/null
    # Nothing here has to survive a power cut.
    as_postgres "$bin/pg_ctl" --pgdata "$postgres_dir/data" --wait --log "$postgres_dir/log" \
        --options "-p $port -h 127.0.0.1 -k $postgres_dir -c fsync=off -c max_connections=200" \
        start >/dev/null
    export PAIDUP_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
    "$bin/postgres" --version
}

stop_postgres() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    as_postgres "$bin/pg_ctl" --pgdata "$postgres_dir/data" --mode immediate stop >/dev/null || true
    rm -rf "$postgres_dir"
}
