namespace RecordingPlatform.AppHost.Local;

/// <summary>Where a resource listens. The port asked for may be null: any free one.</summary>
internal sealed class Endpoint(string name, int? port, string? environmentVariable)
{
    public string Name { get; } = name;

    public int? Port { get; } = port;

    /// <summary>The port it had last time: taken again when it is free, and not missed otherwise.</summary>
    public int? Preferred { get; set; }

    /// <summary>The variable that tells an executable its port.</summary>
    public string? EnvironmentVariable { get; } = environmentVariable;

    /// <summary>People and browsers use it, so its address is announced.</summary>
    public bool IsExternal { get; set; }

    /// <summary>The port it really has, set before the first process starts; 0 until then.</summary>
    public int Allocated { get; set; }

    // localhost and not 127.0.0.1: a passkey is bound to a host name, and an address is none.
    public string Url => $"http://localhost:{Allocated}";
}

/// <summary>Waits for another resource: until it is up, or until it ended with the exit code.</summary>
internal sealed record Wait(Resource On, int? ExitCode);

/// <summary>The answer that says a resource is up.</summary>
internal sealed record HttpProbe(string Path, int StatusCode);
