using System.Runtime.Versioning;
using RecordingPlatform.Core.Storage.Azure;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Storage;

/// <summary>A container of Azurite's for one test, which the store creates itself, seen through a relay.</summary>
[SupportedOSPlatform("linux")]
sealed class AzureContainer : IAsyncDisposable
{
    readonly Azurite azurite;

    AzureContainer(Azurite azurite, Relay relay)
    {
        this.azurite = azurite;
        Relay = relay;
        Rehydration = new Rehydration(relay);
    }

    public string Name { get; } = $"c{Guid.CreateVersion7():n}";

    public Relay Relay { get; }

    public Rehydration Rehydration { get; }

    public static async Task<AzureContainer> StartAsync(Azurite azurite) =>
        new(azurite, await Relay.StartAsync(await azurite.AddressAsync()));

    public async Task<AzureObjectStore> OpenAsync(string? key = null, TimeSpan? timeout = null, TimeProvider? clock = null)
    {
        Assert.True(BlobConnection.TryParse(await azurite.ConnectionStringAsync(Relay.Address, key), out var connection, out var error), error);
        return new AzureObjectStore(new BlobHttp(connection, timeout ?? TimeSpan.FromSeconds(30), clock ?? TimeProvider.System), Name);
    }

    public ValueTask DisposeAsync() => Relay.DisposeAsync();
}
