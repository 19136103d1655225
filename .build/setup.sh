# Shared by ./afa and ./test: makes sure that the machine has what the project needs.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

require_dotnet() {
    local version
    version=$(dotnet --version 2> /dev/null || true)
    if [ "$(printf '%s' "${version%%.*}" | grep -x '[0-9]*' || echo 0)" -lt 10 ]; then
        echo "AFA needs the .NET SDK 10 or later ('dotnet' on the PATH); found: ${version:-none}." >&2
        exit 1
    fi
}

# Debian's package of the real Fashion-MNIST images. Elsewhere 'afa data download fashion-mnist' fetches them.
require_packages() {
    local missing=()
    [ -e /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ] || missing+=(dataset-fashion-mnist)
    [ ${#missing[@]} -eq 0 ] && return
    local install="apt-get install -y ${missing[*]}"
    if ! command -v apt-get > /dev/null; then
        echo "Not installed: ${missing[*]} (no apt-get here). Use './afa data download fashion-mnist' or --data-dir." >&2
    elif [ "$(id -u)" -eq 0 ]; then
        install_packages ""
    elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
        install_packages "sudo"
    else
        echo "Missing: ${missing[*]}. Install with: sudo $install" >&2
    fi
}

install_packages() {
    echo "Installing ${missing[*]} ..." >&2
    local log
    log=$(mktemp)
    if { $1 apt-get install -y "${missing[@]}" || { $1 apt-get update && $1 apt-get install -y "${missing[@]}"; }; } > "$log" 2>&1 < /dev/null; then
        rm -f "$log"
    else
        tail -5 "$log" >&2
        echo "Could not install ${missing[*]}; try: $1 apt-get update && $1 $install" >&2
    fi
}

# The servers that tests of clusters of several processes run against; they are skipped where one is missing.
require_redis() {
    command -v redis-server > /dev/null || require_server redis-server Redis
}

require_postgres() {
    command -v initdb > /dev/null || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || require_server postgresql PostgreSQL
}

require_server() {
    local missing=("$1") install="apt-get install -y $1"
    if command -v apt-get > /dev/null && [ "$(id -u)" -eq 0 ]; then
        install_packages ""
    elif command -v apt-get > /dev/null && command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
        install_packages "sudo"
    else
        echo "No $1 here: the tests of clusters over $2 are skipped." >&2
    fi
}

# The Prometheus that the tests of dashboards and alert rules run; they are skipped where it is missing. Debian's package is unpacked and not installed, as its service would run on.
require_prometheus() {
    local target=artifacts/prometheus
    if command -v prometheus > /dev/null && command -v promtool > /dev/null || [ -x "$target/usr/bin/promtool" ]; then
        return
    elif ! command -v apt-get > /dev/null; then
        echo "No prometheus here: the tests of the dashboards and alert rules are skipped." >&2
        return
    fi
    echo "Unpacking Prometheus into $target ..." >&2
    local new="$target.new"
    rm -rf "$new"
    mkdir -p "$new"
    if unpack_prometheus "$new" > "$new.log" 2>&1 < /dev/null; then
        rm -rf "$target" "$new.log"
        mv "$new" "$target"
        return
    fi
    tail -5 "$new.log" >&2
    rm -rf "$new"
    echo "Could not fetch Prometheus: the tests of the dashboards and alert rules are skipped." >&2
}

unpack_prometheus() (
    cd "$1" || exit 1
    apt-get download prometheus || { apt-get update || sudo -n apt-get update; apt-get download prometheus; } || exit 1
    dpkg-deb --extract prometheus_*.deb . && rm prometheus_*.deb
)

# The blob server that the tests of the Azure store run against; they are skipped where it is missing.
require_azurite() {
    local source=tests/Afa.Storage.Tests/azurite target=artifacts/azurite
    if cmp -s "$source/package-lock.json" "$target/package-lock.json" && [ -f "$target/node_modules/.package-lock.json" ]; then   # npm writes that file last
        return
    elif ! command -v node > /dev/null || ! command -v npm > /dev/null; then
        echo "No node or npm here: the tests of the Azure store are skipped." >&2
        return
    fi
    echo "Installing Azurite into $target ..." >&2
    mkdir -p "$target"
    cp "$source"/*.json "$target"
    if npm ci --prefix "$target" --ignore-scripts --omit=dev --no-audit --no-fund > "$target/npm.log" 2>&1 < /dev/null; then
        return
    fi
    tail -5 "$target/npm.log" >&2
    rm -rf "$target"
    echo "Could not install Azurite: the tests of the Azure store are skipped." >&2
}
