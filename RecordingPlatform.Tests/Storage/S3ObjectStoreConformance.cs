using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>Against the stub of S3 in this project, not against Amazon's.</summary>
public sealed class S3ObjectStoreConformance : ObjectStoreConformance
{
    S3Container container = null!;

    public override async ValueTask InitializeAsync()
    {
        container = await S3Container.StartAsync();
        await base.InitializeAsync();
    }

    protected override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(container.Open());

    protected override Task<bool> FinishRestoresAsync()
    {
        container.Server.Bucket.FinishRestores(TimeSpan.FromDays(7));
        return Task.FromResult(true);
    }

    public override async ValueTask DisposeAsync()
    {
        await container.DisposeAsync();
        await base.DisposeAsync();
    }
}
