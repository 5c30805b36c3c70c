using System.Security.Cryptography;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>
/// CONTRACT.md as tests. Each provider derives one class; nothing here knows which one it is, and names are used once, so that
/// tests may share a container with each other and with earlier runs.
/// </summary>
public abstract partial class ObjectStoreConformance : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly CancellationTokenSource deadline = new(Patience);

    protected IObjectStore Store { get; private set; } = null!;

    /// <summary>The same container as another replica sees it.</summary>
    protected IObjectStore OtherReplica { get; private set; } = null!;

    protected CancellationToken Ct => deadline.Token;

    protected string Prefix { get; } = $"conformance/{Guid.CreateVersion7():n}/";

    /// <summary>Opens the container. Called twice in each test; the derived class disposes what it opened.</summary>
    protected abstract Task<IObjectStore> OpenAsync();

    /// <summary>Lets every running restore end.</summary>
    /// <returns>False when that is not in a test's power here: the provider takes hours.</returns>
    protected abstract Task<bool> FinishRestoresAsync();

    public virtual async ValueTask InitializeAsync()
    {
        Store = await OpenAsync();
        OtherReplica = await OpenAsync();
    }

    public virtual ValueTask DisposeAsync()
    {
        deadline.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected string Name(string rest = "object") => Prefix + rest;

    protected static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    protected async Task<PutOutcome> PutAsync(string name, ReadOnlyMemory<byte> content, IObjectStore? store = null)
    {
        await using var upload = await (store ?? Store).CreateAsync(name, Ct);
        await upload.Content.WriteAsync(content, Ct);
        return await upload.CommitAsync(Ct);
    }

    protected async Task<byte[]> GetAsync(string name, long offset = 0, long length = long.MaxValue, IObjectStore? store = null)
    {
        await using var read = await (store ?? Store).ReadAsync(name, offset, length, Ct);
        var found = Assert.IsType<ObjectRead.Found>(read);
        using var copy = new MemoryStream();
        await found.Content.CopyToAsync(copy, Ct);
        Assert.Equal(found.Length, copy.Length);
        return copy.ToArray();
    }

    protected async Task AssertAbsentAsync(string name)
    {
        await using var read = await Store.ReadAsync(name, 0, long.MaxValue, Ct);
        Assert.IsType<ObjectRead.NotFound>(read);
        Assert.Empty(await ListAsync(name));
    }

    protected async Task<List<StoredObject>> ListAsync(string prefix)
    {
        List<StoredObject> all = [];
        await foreach (var stored in Store.ListAsync(prefix, Ct))
            all.Add(stored);
        return all;
    }

    protected async Task<string[]> ListedNamesAsync(string prefix) =>
        [.. (await ListAsync(prefix)).Select(stored => stored.Name).Order(StringComparer.Ordinal)];
}
