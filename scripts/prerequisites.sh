# What must be on the machine. Sourced; expects $root and sets $dotnet.

# dotnet, NuGet and npm insist on a home folder, which a service user may not have.
need_home() {
    if [[ ! -w ${HOME:-/nonexistent} ]]; then
        export HOME=$root/RecordingPlatform.AppHost/obj/home
        mkdir -p "$HOME"
    fi
}

# The .NET SDK that global.json asks for: in PATH, or where Microsoft's script and the distributions put it.
find_dotnet() {
    local candidate
    for candidate in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" "${HOME:-}/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
        if [[ -x $candidate ]] && (cd "$root" && "$candidate" --version) >/dev/null 2>&1; then
            dotnet=$candidate
            return
        fi
    done
    cat >&2 <<'TEXT'
The .NET 10 SDK is missing. Install it with these two lines, then start again:
  wget https://dot.net/v1/dotnet-install.sh -O dotnet-install.sh
  bash dotnet-install.sh --channel 10.0
TEXT
    exit 1
}

has() {
    case $1 in
        # Debian and Ubuntu keep the server out of PATH.
        postgres) command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ;;
        nginx | sshd) command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 ]] ;;
        # Of the system's own Python, whichever comes first in PATH.
        paramiko) /usr/bin/python3 -c 'import paramiko' 2>/dev/null ;;
        ffmpeg) command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

package_of() {
    case $1 in
        postgres) echo postgresql ;;
        node) echo nodejs ;;
        sshd) echo openssh-server ;;
        ssh | sftp) echo openssh-client ;;
        paramiko) echo python3-paramiko ;;
        setsid | taskset | flock) echo util-linux ;;
        *) echo "$1" ;;
    esac
}

# need_programs NAME...: installs the packages of those that are missing, or says which line does it and exits 1.
need_programs() {
    local name missing=()
    for name in "$@"; do
        has "$name" || missing+=("$(package_of "$name")")
    done
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

install_packages() {
    local as=() log
    if ! command -v apt-get >/dev/null; then
        echo "Missing: $*. Install them with this machine's package manager, then start again (apt-get is not here)." >&2
        exit 1
    fi
    if [[ $(id -u) -ne 0 ]]; then
        if ! sudo -n true 2>/dev/null; then
            printf 'Missing: %s. Run this line, then start again:\n  sudo apt-get install -y --no-install-recommends %s\n' "$*" "$*" >&2
            exit 1
        fi
        as=(sudo -n)
    fi

    echo "Installing $* (apt-get)"
    log=$(mktemp)
    if ! apt_install "$@" 3>&1 >"$log" 2>&1; then
        cat "$log" >&2
        echo "Installing $* failed: the lines above say why." >&2
        exit 1
    fi
    rm -f "$log"
}

apt_install() {
    local apt=("${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -q)
    local install=("${apt[@]}" install -y --no-install-recommends)
    "${apt[@]}" update
    if [[ " $* " == *' postgresql '* ]]; then
        # The package would start a server of its own on port 5432, which nobody here uses: its own switch for that is set first.
        "${install[@]}" postgresql-common
        "${as[@]}" sed -i -E 's/^#?(create_main_cluster) *=.*/\1 = false/' /etc/postgresql-common/createcluster.conf
    fi
    if [[ " $* " == *' openssh-server '* ]]; then
        # The package would start a server on port 22 that lets people in. This file, which its service and its init script look for, keeps it off; removing it turns it on.
        "${as[@]}" mkdir -p /etc/ssh
        "${as[@]}" touch /etc/ssh/sshd_not_to_be_run
        echo "openssh-server is kept from running as a service by /etc/ssh/sshd_not_to_be_run." >&3
    fi
    "${install[@]}" "$@"
}

# need_npm FOLDER: installs what FOLDER's lock file names, unless exactly that was installed before. Quiet unless it has to.
need_npm() {
    local folder=$1 shown=${1#"$root/"} stamp=$1/node_modules/.installed wanted log
    need_programs node npm
    need_home
    wanted=$(cd "$folder" && { cat package.json package-lock.json .npmrc && node --version; } | sha256sum)
    if [[ -f $stamp && $(cat "$stamp") == "$wanted" ]]; then
        return
    fi
    if [[ ! -w $folder ]]; then
        echo "$shown must be installed, but the folder belongs to $(stat -c %U "$folder"): start as that user, or in a clone of your own." >&2
        exit 1
    fi

    # Two starts at once install one after the other; the second then finds nothing to do.
    exec {lock}<"$folder"
    flock "$lock"
    if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]]; then
        echo "Installing $(basename "$folder") (npm; once)"
        log=$(mktemp)
        # --no-bin-links and --ignore-scripts: nothing that a package brings runs here.
        if ! (cd "$folder" && npm ci --ignore-scripts --no-bin-links --loglevel=error {lock}<&-) >"$log" 2>&1 </dev/null; then
            cat "$log" >&2
            rm -f "$log"
            echo "Installing $shown failed: the lines above say why." >&2
            exit 1
        fi
        rm -f "$log"
        echo "$wanted" >"$stamp"
    fi
    exec {lock}<&-
}
