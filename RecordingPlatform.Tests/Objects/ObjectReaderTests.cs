using System.IO.Pipelines;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Keys;
using RecordingPlatform.Tests.Storage;

namespace RecordingPlatform.Tests.Objects;

[SupportedOSPlatform("linux")]
public sealed class ObjectReaderTests(PostgresCluster cluster)
{
    const int Segment = 65_536;
    static readonly byte[] Plaintext = RandomNumberGenerator.GetBytes(8 * Segment + 100);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_seek_after_the_first_is_one_ranged_get_of_at_most_two_segments_more()
    {
        await using var shelf = await Shelf.OpenAsync(cluster);
        Assert.Equal(Plaintext[..10], await shelf.ReadAsync(0, 10));
        shelf.Store.Gets.Clear();
        const int From = 3 * Segment + 17;
        Assert.Equal(Plaintext[From..(From + 1024)], await shelf.ReadAsync(From, 1024));
        var (_, length) = Assert.Single(shelf.Store.Gets);
        Assert.InRange(length, 1024, 1024 + 2 * Segment);
    }

    [Fact]
    public async Task A_kept_header_goes_with_its_key()
    {
        await using var shelf = await Shelf.OpenAsync(cluster);
        await shelf.ReadAsync(0, 10);
        using (var kept = shelf.Reader.TryOpenKept(shelf.Row))
            Assert.NotNull(kept);
        shelf.Keys.ForgetDataKeys([shelf.Row.DataKeyId]);
        Assert.Null(shelf.Reader.TryOpenKept(shelf.Row));
        Assert.Equal(Plaintext[..10], await shelf.ReadAsync(0, 10));
        shelf.Rig.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(shelf.Reader.TryOpenKept(shelf.Row));
    }

    [Fact]
    public async Task A_kept_header_serves_no_other_row()
    {
        await using var shelf = await Shelf.OpenAsync(cluster);
        await shelf.ReadAsync(0, 10);
        var other = new ObjectRow { Id = Guid.CreateVersion7(), OwnerId = shelf.Row.OwnerId, Name = shelf.Row.Name, DataKeyId = shelf.Row.DataKeyId, PlaintextLength = Plaintext.Length, KeyCheck = shelf.Row.KeyCheck };
        Assert.Null(shelf.Reader.TryOpenKept(other));
    }

    [Fact]
    public async Task A_reading_under_way_ends_when_the_key_service_denies()
    {
        await using var shelf = await Shelf.OpenAsync(cluster);
        await using var db = shelf.Rig.NewDb();
        using var media = await shelf.Reader.OpenAsync(db, shelf.Row, Ct);
        // Nobody takes what is read: the copy waits for room in the pipe.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: Segment, resumeWriterThreshold: Segment / 2));
        var copying = media.CopyRangeAsync(0, Plaintext.Length, pipe.Writer, Ct);
        Assert.False((await pipe.Reader.ReadAsync(Ct)).Buffer.IsEmpty);
        shelf.Rig.Fault.Fault = KekFault.Forbidden;
        await shelf.Keys.ProbeAsync(Ct);
        await Assert.ThrowsAsync<KeyRevokedException>(() => copying);
        Assert.Null(shelf.Reader.TryOpenKept(shelf.Row));
    }

    /// <summary>One published object in a disk store.</summary>
    sealed class Shelf : IAsyncDisposable
    {
        readonly DiskContainer _container = new();
        readonly ServiceProvider _services;

        Shelf(KeyRig rig, EnvelopeKeys keys)
        {
            (Rig, Keys) = (rig, keys);
            Store = new CountedStore(_container.Open());
            Reader = new ObjectReader(Store, keys, TimeProvider.System);
            _services = new ServiceCollection().AddRecordingDb(rig.Database.App).BuildServiceProvider();
        }

        public KeyRig Rig { get; }
        public EnvelopeKeys Keys { get; }
        public CountedStore Store { get; }
        public ObjectReader Reader { get; }
        public ObjectRow Row { get; private set; } = null!;

        public static async Task<Shelf> OpenAsync(PostgresCluster cluster)
        {
            var rig = await KeyRig.StartAsync(cluster);
            var shelf = new Shelf(rig, await rig.NewWarmReplicaAsync());
            var databases = shelf._services.GetRequiredService<IDbContextFactory<RecordingDb>>();
            var writer = new ObjectWriter(shelf.Store, shelf.Keys, databases, new ObjectSweeper(shelf.Store, databases), TimeProvider.System, NullLogger<ObjectWriter>.Instance);
            var owner = Guid.CreateVersion7();
            await using var pending = await writer.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Export, OwnerId = owner, Role = ObjectRole.Export }, Ct);
            await pending.WriteAsync(Plaintext, Ct);
            await pending.CompleteAsync(Ct);
            await using var db = rig.NewDb();
            await pending.PublishAsync(db, new KeyOwner(OwnerKind.Export, owner), recordingId: null, "application/octet-stream", fileName: null, Ct);
            await db.SaveChangesAsync(Ct);
            shelf.Row = await db.Objects.AsNoTracking().SingleAsync(o => o.Id == pending.Row.Id, Ct);
            return shelf;
        }

        public async Task<byte[]> ReadAsync(long offset, int length)
        {
            await using var db = Rig.NewDb();
            using var media = await Reader.OpenAsync(db, Row, Ct);
            using var bytes = new MemoryStream();
            var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
            await media.CopyRangeAsync(offset, length, pipe, Ct);
            await pipe.CompleteAsync();
            return bytes.ToArray();
        }

        public async ValueTask DisposeAsync()
        {
            Reader.Dispose();
            await _services.DisposeAsync();
            _container.Dispose();
            await Rig.DisposeAsync();
        }
    }

    /// <summary>A store that notes what is asked of it.</summary>
    sealed class CountedStore(IObjectStore store) : IObjectStore
    {
        public List<(long Offset, long Length)> Gets { get; } = [];

        public string Provider => store.Provider;

        public string Container => store.Container;

        public Task<ObjectUpload> CreateAsync(string name, CancellationToken ct) => store.CreateAsync(name, ct);

        public Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct)
        {
            Gets.Add((offset, length));
            return store.ReadAsync(name, offset, length, ct);
        }

        public Task<bool> DeleteAsync(string name, CancellationToken ct) => store.DeleteAsync(name, ct);

        public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) => store.ListAsync(prefix, ct);

        public Task<TierState?> SetTierAsync(string name, StorageTier tier, CancellationToken ct) => store.SetTierAsync(name, tier, ct);

        public Task<TierState?> GetTierAsync(string name, CancellationToken ct) => store.GetTierAsync(name, ct);

        public Task<StoreProbe> ProbeAsync(CancellationToken ct) => store.ProbeAsync(ct);
    }
}
