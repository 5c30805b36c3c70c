using System.Runtime.Versioning;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Storage;

/// <summary>Against Azurite; only the hours that a restore takes are a stub's (<see cref="Rehydration"/>).</summary>
[SupportedOSPlatform("linux")]
public sealed class AzureObjectStoreConformance(Azurite azurite) : ObjectStoreConformance
{
    AzureContainer container = null!;

    public override async ValueTask InitializeAsync()
    {
        container = await AzureContainer.StartAsync(azurite);
        await base.InitializeAsync();
    }

    protected override async Task<IObjectStore> OpenAsync()
    {
        var store = await container.OpenAsync();
        // As a host does when it starts.
        await store.EnsureContainerAsync(Ct);
        return store;
    }

    protected override async Task<bool> FinishRestoresAsync()
    {
        await container.Rehydration.FinishAsync();
        return true;
    }

    public override async ValueTask DisposeAsync()
    {
        await container.DisposeAsync();
        await base.DisposeAsync();
    }
}
