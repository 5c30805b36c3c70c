using System.IO.Pipelines;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Keys;
using RecordingPlatform.Tests.Redis;
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
        Assert.Equal(0, shelf.Reader.Kept);
        Assert.Equal(Plaintext[..10], await shelf.ReadAsync(0, 10));
        Assert.Equal(1, shelf.Reader.Kept);
        shelf.Rig.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(shelf.Reader.TryOpenKept(shelf.Row));
        Assert.Equal(0, shelf.Reader.Kept);
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

    [Fact]
    public async Task The_first_seek_on_another_replica_is_one_ranged_get_as_well()
    {
        await using var server = await RedisServer.StartAsync();
        await using var shelf = await Shelf.OpenAsync(cluster, server.Settings);
        var key = await shelf.PlayedAsync(server);
        Assert.InRange(long.Parse(await server.AskAsync("ttl", key), System.Globalization.CultureInfo.InvariantCulture), 3500, 3600);
        Assert.Equal("106", await server.AskAsync("strlen", key));
        shelf.Store.Gets.Clear();
        const int From = 3 * Segment + 17;
        using var other = shelf.NewReader();
        Assert.Equal(Plaintext[From..(From + 1024)], await shelf.PlayAsync(other, From, 1024));
        var (offset, _) = Assert.Single(shelf.Store.Gets);
        Assert.NotEqual(0, offset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("RVLT, but not the rest of it")]
    [InlineData("another object's")]
    [InlineData("one bit altered")]
    public async Task A_wrong_header_in_Redis_does_no_harm_and_is_replaced(string what)
    {
        await using var server = await RedisServer.StartAsync();
        await using var shelf = await Shelf.OpenAsync(cluster, server.Settings);
        await using var stranger = await Shelf.OpenAsync(cluster, server.Settings);
        var key = await shelf.PlayedAsync(server);
        await using var redis = new RedisClient(server.Settings, TimeProvider.System, NullLogger<RedisClient>.Instance);
        await Until.TrueAsync(async () => await redis.TryPingAsync(Ct), TimeSpan.FromSeconds(10), "Redis answers");
        var right = await redis.TryGetAsync(key, Ct) ?? throw new InvalidOperationException("It was there.");
        var wrong = what switch
        {
            "another object's" => await redis.TryGetAsync(await stranger.PlayedAsync(server), Ct) ?? throw new InvalidOperationException("It was there."),
            "one bit altered" => [.. right[..^1], (byte)(right[^1] ^ 1)],
            _ => System.Text.Encoding.UTF8.GetBytes(what),
        };
        Assert.True(await redis.TrySetAsync(key, wrong, TimeSpan.FromHours(1), onlyIfAbsent: false, Ct));
        using var other = shelf.NewReader();
        Assert.Equal(Plaintext[(2 * Segment)..(2 * Segment + 10)], await shelf.PlayAsync(other, 2 * Segment, 10));
        await Until.TrueAsync(async () => (await redis.TryGetAsync(key, Ct)).AsSpan().SequenceEqual(right), TimeSpan.FromSeconds(10), "the right header is there again");
    }

    /// <summary>One published object in a disk store.</summary>
    sealed class Shelf : IAsyncDisposable
    {
        readonly DiskContainer _container = new();
        readonly ServiceProvider _services;
        readonly RedisClient _redis;

        Shelf(KeyRig rig, EnvelopeKeys keys, RedisClient redis)
        {
            (Rig, Keys, _redis) = (rig, keys, redis);
            Store = new CountedStore(_container.Open());
            Reader = new ObjectReader(Store, keys, new RedisCache(redis), TimeProvider.System);
            _services = new ServiceCollection().AddRecordingDb(rig.Database.App).BuildServiceProvider();
        }

        public KeyRig Rig { get; }
        public EnvelopeKeys Keys { get; }
        public CountedStore Store { get; }
        public ObjectReader Reader { get; }
        public ObjectRow Row { get; private set; } = null!;

        public static async Task<Shelf> OpenAsync(PostgresCluster cluster, RedisSettings? redis = null)
        {
            var rig = await KeyRig.StartAsync(cluster);
            var shelf = new Shelf(rig, await rig.NewWarmReplicaAsync(), new RedisClient(redis, TimeProvider.System, NullLogger<RedisClient>.Instance));
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

        /// <summary>Another replica, which has opened nothing yet.</summary>
        public ObjectReader NewReader() => new(Store, Keys, new RedisCache(_redis), TimeProvider.System);

        public Task<byte[]> ReadAsync(long offset, int length) => ReadAsync(offset, length, db => Reader.OpenAsync(db, Row, Ct));

        public Task<byte[]> PlayAsync(ObjectReader reader, long offset, int length) => ReadAsync(offset, length, db => reader.OpenForPlaybackAsync(db, Row, Ct));

        async Task<byte[]> ReadAsync(long offset, int length, Func<RecordingDb, Task<OpenObject>> open)
        {
            await using var db = Rig.NewDb();
            using var media = await open(db);
            using var bytes = new MemoryStream();
            var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
            await media.CopyRangeAsync(offset, length, pipe, Ct);
            await pipe.CompleteAsync();
            return bytes.ToArray();
        }

        /// <summary>Plays once and returns the key below which Redis then holds the header.</summary>
        public async Task<string> PlayedAsync(RedisServer server)
        {
            await Until.TrueAsync(async () => await _redis.TryPingAsync(Ct), TimeSpan.FromSeconds(10), "Redis answers");
            Assert.Equal(Plaintext[..10], await PlayAsync(Reader, 0, 10));
            var key = $"rp:cache:header:{Row.Name}";
            await Until.TrueAsync(async () => await server.AskAsync("exists", key) == "1", TimeSpan.FromSeconds(10), $"the header is in Redis as {key}: {await server.AskAsync("keys", "*")}");
            return key;
        }

        public async ValueTask DisposeAsync()
        {
            Reader.Dispose();
            await _redis.DisposeAsync();
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
