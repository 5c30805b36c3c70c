using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace RecordingPlatform.Core.Redis;

/// <summary>A sign-in that ends one day: an Entra ID token, for one.</summary>
public sealed record RedisToken(string User, string Secret, DateTimeOffset ExpiresAt);

/// <summary>Where Redis is and how it is spoken to, as the connection string says it: <c>host:port,password=…,ssl=True,user=…</c>.</summary>
public sealed record RedisSettings
{
    const int DefaultPort = 6379, DefaultTlsPort = 6380;

    public required string Host { get; init; }

    public int Port { get; init; } = DefaultPort;

    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Asked at every connect, and again before what it gave expires; wins over <see cref="Password"/>.</summary>
    public Func<CancellationToken, ValueTask<RedisToken>>? Token { get; init; }

    public bool Tls { get; init; }

    /// <summary>The name the certificate must have.</summary>
    public string? TlsHost { get; init; }

    /// <summary>Trusted instead of the system's own roots.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    public int Database { get; init; }

    public string ClientName { get; init; } = "recordingplatform";

    /// <summary>A healthy Redis answers within a millisecond or two; a caller without it needs about ten. Waiting longer helps nobody.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For the connection with all that belongs to it: TCP, TLS, sign-in.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls without an answer; one more fails at once.</summary>
    public int MaxInFlight { get; init; } = 16_384;

    /// <summary>Bytes that wait to be sent; a call that would exceed them fails at once.</summary>
    public int MaxUnsentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The longest answer accepted. What this platform stores there has kilobytes.</summary>
    public int MaxReplyBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How often a connection is asked whether it still lives.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="FormatException">It cannot be understood. The message names the option and never repeats its value.</exception>
    public static RedisSettings Parse(string connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        string? endpoint = null;
        int? port = null;
        var settings = new RedisSettings { Host = "" };
        foreach (var part in connectionString.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                if (endpoint is not null)
                    throw new FormatException("names more than one server");
                endpoint = part;
                continue;
            }

            settings = With(settings, part[..equals].Trim(), part[(equals + 1)..].Trim());
        }

        if (endpoint is null)
            throw new FormatException("names no server");
        var colon = endpoint.LastIndexOf(':');
        // [::1]:6379, and ::1 without a port.
        if (colon >= 0 && (endpoint.EndsWith(']') || (!endpoint.StartsWith('[') && endpoint.IndexOf(':', StringComparison.Ordinal) != colon)))
            colon = -1;
        if (colon >= 0)
        {
            if (!int.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given) || given is < 1 or > 65535)
                throw new FormatException("names a port that is none");
            port = given;
        }

        var host = (colon < 0 ? endpoint : endpoint[..colon]).Trim('[', ']');
        return host.Length == 0
            ? throw new FormatException("names no server")
            : settings with { Host = host, Port = port ?? (settings.Tls ? DefaultTlsPort : DefaultPort) };
    }

    static RedisSettings With(RedisSettings settings, string name, string value) => name.ToUpperInvariant() switch
    {
        "PASSWORD" => settings with { Password = value },
        "USER" => settings with { User = value },
        "SSL" => settings with { Tls = bool.TryParse(value, out var tls) ? tls : throw Wrong(name) },
        "SSLHOST" => settings with { TlsHost = value },
        "DEFAULTDATABASE" => settings with { Database = Number(name, value, 0) },
        "NAME" => settings with { ClientName = value.Length > 0 && value.All(c => c is > ' ' and < '\x7f') ? value : throw Wrong(name) },
        "CONNECTTIMEOUT" => settings with { ConnectTimeout = TimeSpan.FromMilliseconds(Number(name, value, 1)) },
        "ASYNCTIMEOUT" or "SYNCTIMEOUT" => settings with { CallTimeout = TimeSpan.FromMilliseconds(Number(name, value, 1)) },
        "KEEPALIVE" => settings with { KeepAlive = TimeSpan.FromSeconds(Number(name, value, 1)) },
        // A Redis that is away never stops a start here; what the others choose is decided above or not needed.
        "ABORTCONNECT" or "ALLOWADMIN" or "CONNECTRETRY" or "PROTOCOL" => settings,
        _ => throw new FormatException($"has an option {name}, which is not known"),
    };

    static int Number(string name, string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number : throw Wrong(name);

    static FormatException Wrong(string name) => new($"has an option {name} whose value is not possible");
}
