using System.Globalization;
using Aspire.Hosting.Azure;

namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// The blob service of Azurite, Microsoft's emulator of Azure Storage: on 127.0.0.1 only, with a generated account key instead of the
/// one that everybody knows, on the same port at each start as long as that is free.
/// </summary>
internal sealed class AzuriteProgram(AzureStorageEmulatorResource emulator) : LocalProgram(emulator)
{
    bool _prepared;

    public override void Check(Workplace place)
    {
        Installed.Require("node", "nodejs");
        if (!File.Exists(Script(place)))
        {
            throw new StartFailedException($"Azurite is missing: (cd {PackageFolder(place)} && npm ci), or start with --store disk");
        }

        if (File.Exists(PortFile(place)) && int.TryParse(File.ReadAllText(PortFile(place)), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            emulator.Endpoints[0].Preferred = port;
        }
    }

    public override async Task<Launch> PrepareAsync(Workplace place, CancellationToken ct)
    {
        if (!_prepared && !emulator.KeepsData && Directory.Exists(Folder(place)))
        {
            Directory.Delete(Folder(place), recursive: true);
        }

        _prepared = true;
        Directory.CreateDirectory(Folder(place));
        var port = emulator.Endpoints[0].Allocated.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(PortFile(place), port, ct);
        return new("node", [Script(place), "--blobHost", "127.0.0.1", "--blobPort", port, "--location", Folder(place), "--silent", "--disableTelemetry"])
        {
            WorkingDirectory = Folder(place),
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["AZURITE_ACCOUNTS"] = $"{AzureStorageEmulatorResource.Account}:{await emulator.Key.GetValueAsync(ct)}",
            },
        };
    }

    /// <summary>It counts as up when it refuses who does not sign: then it knows its accounts.</summary>
    public override Task<string?> WhyNotUpAsync(Workplace place, CancellationToken ct) =>
        place.ProbeAsync(emulator.Endpoints[0], new($"/{AzureStorageEmulatorResource.Account}?comp=list", 403), ct);

    public override string Describe(Workplace place) => $"127.0.0.1:{emulator.Endpoints[0].Allocated}, data in {Folder(place)}";

    string Folder(Workplace place) => Path.Combine(place.Data, emulator.Name);

    string PortFile(Workplace place) => Path.Combine(Folder(place), "port");

    static string PackageFolder(Workplace place) => Path.Combine(place.AppHostDirectory, "azurite");

    static string Script(Workplace place) => Path.Combine(PackageFolder(place), "node_modules", "azurite", "dist", "src", "blob", "main.js");
}
