using System.Security.Cryptography;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.S3;
using RecordingPlatform.Tests.Storage.S3Stub;

namespace RecordingPlatform.Tests.Storage;

/// <summary>What the contract does not say of S3: the wire, and what is said when it breaks. Against the stub.</summary>
public sealed class S3ObjectStoreTests : IAsyncLifetime
{
    S3Container container = null!;
    S3ObjectStore store = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        container = await S3Container.StartAsync();
        store = container.Open();
    }

    public ValueTask DisposeAsync() => container.DisposeAsync();

    [Fact]
    public async Task A_range_travels_alone()
    {
        var content = RandomNumberGenerator.GetBytes(5_000_000);
        await store.PutAsync("a", content, Ct);

        Assert.Equal(content[4_000_000..4_000_123], await store.GetAsync("a", Ct, 4_000_000, 123));

        var read = Assert.Single(container.Relay.Seen, request => request.Method == "GET");
        Assert.Equal((206, 123), (read.Status, read.BodyBytes));
    }

    [Fact]
    public async Task An_upload_holds_one_part_and_waits_while_it_travels()
    {
        await using var upload = await store.CreateAsync("a", Ct);
        var (gate, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        container.Relay.Before = async (request, _) =>
        {
            if (request.Query.Contains("partNumber=1", StringComparison.Ordinal))
            {
                arrived.TrySetResult();
                await gate.Task;
            }

            return false;
        };

        await upload.Content.WriteAsync(new byte[S3Upload.BytesOfPart], Ct);
        Assert.False(arrived.Task.IsCompleted);
        var next = upload.Content.WriteAsync(new byte[1], Ct).AsTask();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.False(next.IsCompleted);
        gate.SetResult();
        await next;
    }

    [Theory]
    [InlineData(10)]
    [InlineData(9_000_000)]
    public async Task A_commit_whose_answer_is_lost_knows_its_own_object(int length)
    {
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));
        container.Relay.LoseAnswerOnce(request => request.Headers.ContainsKey("If-None-Match"));

        Assert.Equal(PutOutcome.Created, await store.PutAsync("a", new byte[length], Ct));

        Assert.Equal(2, container.Relay.Seen.Count(request => request.Path.EndsWith("/a", StringComparison.Ordinal) && request.Headers.ContainsKey("If-None-Match")));
        container.Relay.After = null;
        Assert.Equal(PutOutcome.AlreadyExists, await store.PutAsync("a", new byte[length], Ct));
    }

    [Fact]
    public async Task A_write_that_met_another_is_repeated()
    {
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));
        container.Relay.AnswerOnce(request => request.Headers.ContainsKey("If-None-Match"), 409, "ConditionalRequestConflict");

        Assert.Equal(PutOutcome.Created, await store.PutAsync("a", new byte[10], Ct));
    }

    [Fact]
    public async Task Uploads_that_did_not_become_objects_give_their_parts_back()
    {
        await store.PutAsync("a", new byte[1], Ct);
        Assert.Equal(PutOutcome.AlreadyExists, await store.PutAsync("a", new byte[20_000_000], Ct));
        await using (var upload = await store.CreateAsync("b", Ct))
        {
            await upload.Content.WriteAsync(new byte[20_000_000], Ct);
            Assert.Equal(1, container.Server.Bucket.UnfinishedUploads);
        }

        Assert.Equal(0, container.Server.Bucket.UnfinishedUploads);
    }

    [Fact]
    public async Task A_move_that_a_delete_overtakes_does_not_bring_the_object_back()
    {
        await store.PutAsync("a", new byte[10], Ct);
        container.Relay.Before = (request, _) =>
        {
            if (request.Headers.ContainsKey("x-amz-copy-source"))
                container.Server.Bucket.Delete("a", ifMatch: null);
            return Task.FromResult(false);
        };

        Assert.Null(await store.SetTierAsync("a", StorageTier.Cool, Ct));

        Assert.Null(await store.GetTierAsync("a", Ct));
    }

    [Fact]
    public async Task A_move_is_bound_to_the_object_that_it_read()
    {
        await store.PutAsync("a", new byte[10], Ct);
        container.Relay.Before = (request, _) =>
        {
            if (request.Headers.ContainsKey("x-amz-copy-source"))
            {
                container.Server.Bucket.Delete("a", ifMatch: null);
                container.Server.Bucket.Put("a", new byte[20], "STANDARD", new Dictionary<string, string>(), ifNoneMatch: null);
            }

            return Task.FromResult(false);
        };

        Assert.Equal(new TierState(StorageTier.Hot), await store.SetTierAsync("a", StorageTier.Cool, Ct));
    }

    [Fact]
    public async Task What_was_restored_reads_before_it_is_moved_and_after()
    {
        await store.PutAsync("a", new byte[] { 7 }, Ct);
        await store.SetTierAsync("a", StorageTier.Archive, Ct);
        await store.SetTierAsync("a", StorageTier.Cold, Ct);
        container.Server.Bucket.FinishRestores(TimeSpan.FromDays(7));

        Assert.Equal([7], await store.GetAsync("a", Ct));
        Assert.Equal("GLACIER", container.Server.Bucket.Get("a").StorageClass);
        Assert.Equal(new TierState(StorageTier.Cold), await store.GetTierAsync("a", Ct));
        Assert.Equal("GLACIER_IR", container.Server.Bucket.Get("a").StorageClass);
        Assert.Equal([7], await store.GetAsync("a", Ct));
    }

    [Fact]
    public async Task A_connection_cut_in_a_read_fails_it_instead_of_ending_it()
    {
        await store.PutAsync("a", new byte[1_000_000], Ct);
        container.Relay.CutAfter = 300_000;

        var (failure, got) = await store.ReadToFailureAsync("a", Ct);

        Assert.InRange(got, 0, 300_000);
        Assert.IsNotType<EndOfStreamException>(failure);
    }

    [Fact]
    public async Task A_store_that_stalls_in_a_read_fails_it_in_time()
    {
        var options = container.Options();
        options.Timeout = TimeSpan.FromSeconds(1);
        await store.PutAsync("a", new byte[1_000_000], Ct);
        container.Relay.StallAfter = 300_000;

        var (_, got) = await container.Open(options).ReadToFailureAsync("a", Ct).WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.InRange(got, 0, 300_000);
    }

    [Theory]
    [InlineData("wrong", S3StubServer.AccessKey, S3StubServer.Region, "Storage:S3:SecretKey does not belong to AccessKey")]
    [InlineData(S3StubServer.SecretKey, "AKIDUNKNOWN", S3StubServer.Region, "does not know the key in Storage:S3:AccessKey")]
    [InlineData(S3StubServer.SecretKey, S3StubServer.AccessKey, "us-west-2", "correct Storage:S3:Region")]
    public async Task A_wrong_setting_is_named_and_no_secret_shown(string secret, string access, string region, string words)
    {
        var options = container.Options();
        (options.SecretKey, options.AccessKey, options.Region) = (secret, access, region);
        var wrong = container.Open(options);

        var failure = await Assert.ThrowsAsync<IOException>(() => wrong.ReadAsync("a", 0, 1, Ct));
        var probe = await wrong.ProbeAsync(Ct);

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, probe.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(S3StubServer.SecretKey, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_bucket_is_said_and_is_not_an_absent_object()
    {
        var missing = container.Open(bucket: "no-such-bucket");

        var failure = await Assert.ThrowsAsync<IOException>(() => missing.ReadAsync("a", 0, 1, Ct));

        Assert.Contains("bucket 'no-such-bucket' does not exist", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_overwrites_in_spite_of_the_condition_gets_no_object()
    {
        container.Relay.Before = (request, http) =>
        {
            // A server that does not know the condition does what it always did.
            if (request.Headers.ContainsKey("If-None-Match"))
                http.Response.StatusCode = 200;
            return Task.FromResult(request.Headers.ContainsKey("If-None-Match"));
        };

        var failure = await Assert.ThrowsAsync<IOException>(() => store.CreateAsync("a", Ct));

        Assert.Contains("no conditional writes", failure.Message, StringComparison.Ordinal);
        Assert.Equal(failure.Message, (await store.ProbeAsync(Ct)).Reason);
    }

    [Theory]
    [InlineData(507, "XMinioStorageFull")]
    [InlineData(403, "QuotaExceeded")]
    public async Task A_store_out_of_space_is_full(int status, string code)
    {
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));
        container.Relay.Before = async (request, http) =>
        {
            http.Response.StatusCode = status;
            await StubAnswer.XmlAsync(http, $"<Error><Code>{code}</Code></Error>");
            return true;
        };

        await Assert.ThrowsAsync<ObjectStoreFullException>(() => store.PutAsync("a", new byte[1], Ct));
    }
}
