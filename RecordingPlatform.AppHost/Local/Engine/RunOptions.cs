using System.Globalization;

namespace RecordingPlatform.AppHost.Local;

/// <summary>What the command line said: either options that make sense, or why they do not.</summary>
internal abstract record ParsedOptions;

internal sealed record RunOptions : ParsedOptions
{
    /// <summary>Ports that bookmarks and scripts remember; taken ones give way to a free port unless they were asked for.</summary>
    const int DefaultWebPort = 8080, DefaultApiPort = 8081;

    /// <summary>Absolute, or null for <c>.data</c> beside the projects.</summary>
    public string? Data { get; init; }

    public int? WebPort { get; init; }

    public int? ApiPort { get; init; }

    public string Store { get; init; } = "azurite";

    public bool Demo { get; init; } = true;

    /// <summary>The port is only a default, so another may be taken when it is not free.</summary>
    public bool MayMove(int port) =>
        (WebPort is null && port == DefaultWebPort) || (ApiPort is null && port == DefaultApiPort);

    /// <summary>The options as configuration keys, which is how the picture reads them.</summary>
    public IEnumerable<KeyValuePair<string, string?>> ToConfiguration(string data) =>
    [
        new("data", data),
        new("web-port", (WebPort ?? DefaultWebPort).ToString(CultureInfo.InvariantCulture)),
        new("api-port", (ApiPort ?? DefaultApiPort).ToString(CultureInfo.InvariantCulture)),
        new("store", Store),
        new("no-demo", Demo ? "false" : "true"),
    ];

    /// <summary>Reads <c>--name value</c> and <c>--name=value</c>. Relative folders are below <paramref name="currentFolder"/>.</summary>
    public static ParsedOptions Parse(IReadOnlyList<string> args, string currentFolder)
    {
        var options = new RunOptions();
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            var inline = equals < 0 ? null : args[i][(equals + 1)..];

            if (name is "--help" or "-h")
            {
                return new Refused(Usage, 0);
            }

            if (name == "--no-demo" && inline is null)
            {
                options = options with { Demo = false };
                continue;
            }

            if (name is not ("--data" or "--web-port" or "--api-port" or "--store"))
            {
                return new Refused($"unknown option {args[i]}\n\n{Usage}", 2);
            }

            var value = inline ?? (i + 1 < args.Count ? args[++i] : "");
            if (value.Length == 0)
            {
                return new Refused($"{name} needs a value\n\n{Usage}", 2);
            }

            var isPort = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536;
            switch (name)
            {
                case "--data":
                    options = options with { Data = Path.GetFullPath(value, currentFolder) };
                    break;
                case "--store" when value is "azurite" or "disk":
                    options = options with { Store = value };
                    break;
                case "--web-port" when isPort:
                    options = options with { WebPort = port };
                    break;
                case "--api-port" when isPort:
                    options = options with { ApiPort = port };
                    break;
                default:
                    return new Refused($"{name} cannot be {value}\n\n{Usage}", 2);
            }
        }

        return options;
    }

    public static string Usage
    {
        get
        {
            using var stream = typeof(RunOptions).Assembly.GetManifestResourceStream("usage.txt")
                ?? throw new InvalidOperationException("usage.txt is not embedded.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().TrimEnd();
        }
    }

    /// <summary>Ends the command with a text and an exit code: 0 for help, 1 for what is not available, 2 for what makes no sense.</summary>
    public sealed record Refused(string Message, int ExitCode) : ParsedOptions;
}
