using System.Runtime.Versioning;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class DiskObjectStoreConformance : ObjectStoreConformance
{
    readonly DiskContainer container = new();

    protected override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(container.Open());

    protected override Task<bool> FinishRestoresAsync()
    {
        container.Clock.Advance(DiskContainer.RestoreDelay);
        return Task.FromResult(true);
    }

    public override ValueTask DisposeAsync()
    {
        container.Dispose();
        return base.DisposeAsync();
    }
}
