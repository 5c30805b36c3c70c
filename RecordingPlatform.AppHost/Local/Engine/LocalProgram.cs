using System.Globalization;

namespace RecordingPlatform.AppHost.Local;

/// <summary>How a kind of resource becomes a process: what it needs first, what is started, when it is up, how it is asked to end.</summary>
internal abstract class LocalProgram(Resource resource)
{
    protected Resource Resource => resource;

    /// <summary>The signal on which the program finishes what it does and ends.</summary>
    public virtual int StopSignal => Signals.Terminate;

    /// <summary>Asks for whatever must be installed, before anything is started.</summary>
    /// <exception cref="StartFailedException">Something is missing: which, and how to get it.</exception>
    public abstract void Check(Workplace place);

    /// <summary>Makes what the process needs. Called before every start; safe to run again.</summary>
    public abstract Task<Launch> PrepareAsync(Workplace place, CancellationToken ct);

    /// <summary>Null when it is up, otherwise what is still missing.</summary>
    public virtual Task<string?> WhyNotUpAsync(Workplace place, CancellationToken ct) =>
        resource.Health is { } probe ? place.ProbeAsync(resource.Endpoints[0], probe, ct) : Task.FromResult<string?>(null);

    /// <summary>One line about a resource that is up.</summary>
    public virtual string Describe(Workplace place) => string.Join(' ', resource.Endpoints.Select(e => e.Url));

    /// <summary>The variables that the picture gives the resource, resolved.</summary>
    protected async Task<Dictionary<string, string?>> EnvironmentAsync(CancellationToken ct)
    {
        Dictionary<string, string?> values = new(StringComparer.Ordinal) { ["OTEL_SERVICE_NAME"] = resource.Name };
        foreach (var endpoint in resource.Endpoints.Where(e => e.EnvironmentVariable is not null))
        {
            values[endpoint.EnvironmentVariable!] = endpoint.Allocated.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (service, endpoint) in resource.References.SelectMany(r => r.Endpoints.Select(e => (r, e))))
        {
            values[$"services__{service.Name}__{endpoint.Name}__0"] = endpoint.Url;
        }

        foreach (var (name, value) in resource.Environment)
        {
            values[name] = await value(ct);
        }

        return values;
    }
}

/// <summary>A command of this machine.</summary>
internal sealed class ExecutableProgram(Resource resource, string command, string workingDirectory) : LocalProgram(resource)
{
    public override void Check(Workplace place)
    {
        if (!command.Contains('/', StringComparison.Ordinal) && Installed.Find(command) is null)
        {
            throw new StartFailedException($"{command} is missing, which {Resource.Name} runs: install it, or put it into PATH");
        }
    }

    public override async Task<Launch> PrepareAsync(Workplace place, CancellationToken ct) => new(command, Resource.Arguments)
    {
        WorkingDirectory = Path.GetFullPath(workingDirectory, place.AppHostDirectory),
        Environment = await EnvironmentAsync(ct),
    };
}

/// <summary>A project of this solution, as it was built beside the AppHost: same configuration, same framework.</summary>
internal sealed class ProjectProgram(Resource resource, string projectPath) : LocalProgram(resource)
{
    public override void Check(Workplace place)
    {
        if (!File.Exists(Executable(place)))
        {
            throw new StartFailedException($"{Executable(place)} is missing: build it with dotnet build RecordingPlatform.AppHost -c Release");
        }
    }

    public override async Task<Launch> PrepareAsync(Workplace place, CancellationToken ct)
    {
        var environment = await EnvironmentAsync(ct);
        environment["DOTNET_ROOT"] = Workplace.DotnetRoot;
        if (Resource.Endpoints.Count > 0)
        {
            environment["ASPNETCORE_URLS"] = string.Join(';', Resource.Endpoints.Select(e => $"http://127.0.0.1:{e.Allocated}"));
        }

        return new(Executable(place), Resource.Arguments) { WorkingDirectory = Folder(place), Environment = environment };
    }

    string Folder(Workplace place) => Path.GetDirectoryName(Path.GetFullPath(projectPath, place.AppHostDirectory))!;

    string Executable(Workplace place) => Path.Combine(Folder(place), place.BuildOutput, Path.GetFileNameWithoutExtension(projectPath));
}
