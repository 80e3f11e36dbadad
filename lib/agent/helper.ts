/**
 * The file `helper` next to every script, for bash: `. ./helper`. It has the functions of the Go agent that tasks of
 * public packs use.
 */
export const HELPER = `#!/usr/bin/env bash
# What tasks share. Read it at the start of a script with: . ./helper

export LC_ALL=C LANGUAGE=C LANG=C
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
export PS4='\${BASH_SOURCE}@\${LINENO}(\${FUNCNAME[0]}): '
set -o pipefail -o errexit
shopt -s nullglob extglob globstar

for folder in /usr/sbin /usr/bin /sbin /bin /usr/local/sbin /usr/local/bin; do
    [[ :$PATH: == *:"$folder":* ]] || PATH=$PATH:$folder
done
export PATH
unset folder

# OS_TYPE: the distribution (debian, ubuntu, centos, ...); OS_VER: its version; OS_NAME: both, with a dash between;
# OS_FAMILY: debian, rhel, suse, or the distribution itself.
export OS_TYPE='' OS_VER='' OS_NAME='' OS_FAMILY=''
if [[ -r /etc/os-release ]]; then
    OS_TYPE=$(. /etc/os-release && printf '%s' "\${ID:-}")
    OS_VER=$(. /etc/os-release && printf '%s' "\${VERSION_ID:-}")
    case " $OS_TYPE $(. /etc/os-release && printf '%s' "\${ID_LIKE:-}") " in
    *' debian '* | *' ubuntu '*) OS_FAMILY=debian ;;
    *' rhel '* | *' fedora '* | *' centos '*) OS_FAMILY=rhel ;;
    *' suse '* | *' opensuse '*) OS_FAMILY=suse ;;
    esac
elif [[ $(uname -s) == Darwin ]]; then
    OS_TYPE=darwin OS_VER=$(sw_vers -productVersion)
fi
OS_TYPE=\${OS_TYPE,,} OS_VER=\${OS_VER,,}
OS_NAME=$OS_TYPE-$OS_VER OS_FAMILY=\${OS_FAMILY:-$OS_TYPE}

# Installs packages with what the distribution has for it.
install() {
    local updated
    case $OS_FAMILY in
    debian)
        updated=\${RS_RUNNER_DIR:-/tmp}/.packages-updated
        if [[ ! -e $updated ]]; then
            apt-get -y update
            touch "$updated"
        fi
        apt-get -y install "$@"
        ;;
    rhel) if command -v dnf >/dev/null; then dnf -y install "$@"; else yum -y install "$@"; fi ;;
    suse) zypper --non-interactive install "$@" ;;
    alpine) apk add "$@" ;;
    arch) pacman -S --noconfirm --needed "$@" ;;
    darwin) brew install "$@" ;;
    *)
        echo "install: do not know how to install packages on $OS_NAME: $*" >&2
        return 1
        ;;
    esac
}

# service NAME ACTION: start, stop, restart, enable, disable or status.
service() {
    if [[ -d /run/systemd/system ]]; then
        systemctl "$2" "$1"
        return
    fi
    case $2 in
    enable) if command -v update-rc.d >/dev/null; then update-rc.d "$1" enable; else chkconfig "$1" on; fi ;;
    disable) if command -v update-rc.d >/dev/null; then update-rc.d "$1" disable; else chkconfig "$1" off; fi ;;
    *) command service "$1" "$2" ;;
    esac
}

# Prints the value of a param of the machine, as JSON.
get_param() {
    drpcli machines get "$RS_UUID" param "$1" --aggregate
}

# set_param NAME [VALUE]: sets a param of the machine to the value, or to what comes on standard input.
set_param() {
    drpcli machines set "$RS_UUID" param "$1" to "\${2:--}"
}

# How a task ends that is neither done nor failed. The file tells the agent which codes these are.
__exit() {
    touch "\${RS_TASK_DIR:-.}/.sane-exit-codes"
    exit "$1"
}
exit_stop() { __exit 16; }
exit_shutdown() { __exit 32; }
exit_reboot() { __exit 64; }
exit_incomplete() { __exit 128; }
exit_incomplete_stop() { __exit 144; }
exit_incomplete_shutdown() { __exit 160; }
exit_incomplete_reboot() { __exit 192; }

# Prints ADDRESS:PORT, with brackets around an IPv6 address.
addr_port() {
    if [[ $1 == *:* ]]; then printf '[%s]:%s' "$1" "$2"; else printf '%s:%s' "$1" "$2"; fi
}
`;
