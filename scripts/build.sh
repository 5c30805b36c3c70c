# Building only when something changed. Sourced; expects $root and $dotnet.

# The projects that the platform runs; tests and benchmarks are built by those who run them.
built_projects() {
    (cd "$root" && printf '%s\n' RecordingPlatform.*/ | grep -vE '\.(Tests|Benchmarks)/')
}

# Name, size and times of everything a build reads. The change time notices also a file that was moved back with its old date.
build_inputs() {
    (
        cd "$root"
        echo "$root $("$dotnet" --version)"
        find . -maxdepth 1 -type f \( -name '*.props' -o -name '*.targets' -o -name '*.json' -o -name '*.txt' -o -name '.editorconfig' -o -name '.npmrc' -o -iname 'nuget.config' \) -printf '%p %s %T@ %C@\n'
        built_projects | xargs -I{} find {} \( -name bin -o -name obj -o -name node_modules -o -path '*/wwwroot/lib' \) -prune -o -type f -printf '%p %s %T@ %C@\n'
    ) | LC_ALL=C sort | sha256sum
}

# Name, size and time of what the build made, so that a deleted or otherwise built program is noticed. What tests publish is theirs.
build_outputs() {
    (
        cd "$root"
        built_projects | xargs -I{} find {}bin/Release {}wwwroot/lib -name publish -prune -o -type f -printf '%p %s %T@\n' 2>/dev/null || true
    ) | LC_ALL=C sort | sha256sum
}

# build_changed OUTPUT PROJECT: builds PROJECT in Release unless OUTPUT came from exactly these sources. Quiet unless it fails.
build_changed() {
    local output=$1 project=$2 folder=$root/$2/obj stamp log inputs pid
    stamp=$folder/built.stamp
    inputs=$(build_inputs)
    if [[ -f $output && -f $stamp && $(cat "$stamp") == "$inputs $(build_outputs)" ]]; then
        return
    fi
    if ! mkdir -p "$folder" 2>/dev/null || [[ ! -w $folder ]]; then
        echo "$root must be built, but its folders belong to $(stat -c %U "$root/$project"): start as that user, or in a clone of your own." >&2
        exit 1
    fi

    # Two starts at once build one after the other; the second then finds nothing to do.
    exec {lock}>"$folder/build.lock"
    flock "$lock"
    if [[ -f $output && -f $stamp && $(cat "$stamp") == "$inputs $(build_outputs)" ]]; then
        exec {lock}>&-
        return
    fi

    echo "Building (Release; the first time takes a minute or two)"
    log=$folder/build.log
    rm -f "$stamp"
    # In the background, so that a signal ends it now and not when the build is done.
    (cd "$root" && exec env -u AspireHosting DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1 \
        "$dotnet" build "$project" -c Release -v quiet -nologo -clp:NoSummary {lock}>&-) >"$log" 2>&1 </dev/null &
    pid=$!
    trap 'kill -TERM "$pid" 2>/dev/null; wait "$pid"; exit 143' TERM INT HUP
    if ! wait "$pid"; then
        cat "$log" >&2
        echo "The build failed: the lines above say why." >&2
        exit 1
    fi
    trap - TERM INT HUP
    echo "$inputs $(build_outputs)" >"$stamp"
    exec {lock}>&-
}
