using System.Text;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.Azure;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>The blob store of a staged platform, through the platform's own client.</summary>
internal sealed class StagedBlobs
{
    readonly AzureObjectStore _store;

    public StagedBlobs(string connectionString)
    {
        Assert.True(BlobConnection.TryParse(connectionString, out var connection, out var error), error);
        _store = new AzureObjectStore(new BlobHttp(connection, TimeSpan.FromSeconds(30), TimeProvider.System), "recordings");
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task PutAsync(string name, string text)
    {
        await ((IContainerSetup)_store).EnsureContainerAsync(Ct);
        await using var upload = await _store.CreateAsync(name, Ct);
        await upload.Content.WriteAsync(Encoding.UTF8.GetBytes(text), Ct);
        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
    }

    public async Task<string> GetAsync(string name)
    {
        await using var read = await _store.ReadAsync(name, 0, long.MaxValue, Ct);
        using var reader = new StreamReader(Assert.IsType<ObjectRead.Found>(read).Content);
        return await reader.ReadToEndAsync(Ct);
    }
}
