using System.Runtime.Versioning;
using System.Security.Cryptography;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.Azure;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Storage;

/// <summary>What the contract does not say of Azure Blob Storage: the wire, and what is said when it breaks.</summary>
[SupportedOSPlatform("linux")]
public sealed class AzureObjectStoreTests(Azurite azurite) : IAsyncLifetime
{
    AzureContainer container = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => container = await AzureContainer.StartAsync(azurite);

    public ValueTask DisposeAsync() => container.DisposeAsync();

    [Fact]
    public async Task Each_try_has_a_date_and_a_signature_of_its_own()
    {
        var clock = new MovedClock();
        var store = await container.OpenAsync(clock: clock);
        await store.EnsureContainerAsync(Ct);
        container.Relay.Before = (request, http) =>
        {
            if (request.Method != "PUT" || clock.GetUtcNow() > TimeProvider.System.GetUtcNow().AddMinutes(1))
                return Task.FromResult(false);
            clock.Advance(TimeSpan.FromMinutes(2));
            http.Response.StatusCode = 503;
            return Task.FromResult(true);
        };

        Assert.Equal(PutOutcome.Created, await store.PutAsync("a", new byte[10], Ct));

        var tries = container.Relay.Seen.Where(request => request.Method == "PUT" && request.Path.EndsWith("/a", StringComparison.Ordinal)).ToList();
        Assert.Equal([503, 201], tries.Select(request => request.Status));
        Assert.NotEqual(tries[0].Headers["x-ms-date"], tries[1].Headers["x-ms-date"]);
        Assert.NotEqual(tries[0].Headers["Authorization"], tries[1].Headers["Authorization"]);
    }

    [Fact]
    public async Task A_range_travels_alone()
    {
        var store = await container.OpenAsync();
        var content = RandomNumberGenerator.GetBytes(5_000_000);
        await store.PutAsync("a", content, Ct);

        Assert.Equal(content[4_000_000..4_000_123], await store.GetAsync("a", Ct, 4_000_000, 123));

        var read = Assert.Single(container.Relay.Seen, request => request.Method == "GET");
        Assert.Equal((206, 123), (read.Status, read.BodyBytes));
    }

    [Fact]
    public async Task An_upload_holds_one_block_and_waits_while_it_travels()
    {
        var store = await container.OpenAsync();
        await using var upload = await store.CreateAsync("a", Ct);
        var gate = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        container.Relay.Before = async (request, _) =>
        {
            if (request.Query.Contains("comp=block&", StringComparison.Ordinal))
            {
                arrived.TrySetResult();
                await gate.Task;
            }

            return false;
        };

        await upload.Content.WriteAsync(new byte[BlobUpload.BlockBytes], Ct);
        Assert.False(arrived.Task.IsCompleted);
        var next = upload.Content.WriteAsync(new byte[1], Ct).AsTask();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.False(next.IsCompleted);
        gate.SetResult();
        await next;
    }

    [Fact]
    public async Task A_big_object_travels_in_blocks_of_bounded_size()
    {
        var blocks = 2 + (int)(Scale.Of(200L * 1024 * 1024) / BlobUpload.BlockBytes);
        var store = await container.OpenAsync();
        var piece = RandomNumberGenerator.GetBytes(BlobUpload.BlockBytes / 4);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var upload = await store.CreateAsync("a", Ct))
        {
            for (var i = 0; i < blocks * 4; i++)
            {
                piece[0] = (byte)i;
                hash.AppendData(piece);
                await upload.Content.WriteAsync(piece, Ct);
            }

            Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
        }

        var sent = container.Relay.Seen.Where(request => request.Query.Contains("comp=block&", StringComparison.Ordinal)).ToList();
        Assert.Equal(blocks, sent.Count);
        Assert.All(sent, request => Assert.Equal($"{BlobUpload.BlockBytes}", request.Headers["Content-Length"]));
        await using var read = await store.ReadAsync("a", 0, long.MaxValue, Ct);
        Assert.Equal(hash.GetHashAndReset(), await SHA256.HashDataAsync(Assert.IsType<ObjectRead.Found>(read).Content, Ct));
    }

    [Theory]
    [InlineData(10, "x-ms-blob-type")]
    [InlineData(9_000_000, "x-ms-meta-upload")]
    public async Task A_commit_whose_answer_is_lost_knows_its_own_object(int length, string header)
    {
        var store = await container.OpenAsync();
        await store.EnsureContainerAsync(Ct);
        container.Relay.LoseAnswerOnce(request => request.Method == "PUT" && request.Headers.ContainsKey(header) && request.Headers.ContainsKey("If-None-Match"));

        Assert.Equal(PutOutcome.Created, await store.PutAsync("a", new byte[length], Ct));

        Assert.Contains(container.Relay.Seen, request => request is { Method: "PUT", Status: 409 or 412 });
        container.Relay.After = null;
        Assert.Equal(PutOutcome.AlreadyExists, await store.PutAsync("a", new byte[length], Ct));
    }

    [Fact]
    public async Task A_connection_cut_in_a_read_fails_it_instead_of_ending_it()
    {
        var store = await container.OpenAsync();
        await store.PutAsync("a", new byte[1_000_000], Ct);
        container.Relay.CutAfter = 300_000;

        var (failure, got) = await store.ReadToFailureAsync("a", Ct);

        Assert.InRange(got, 0, 300_000);
        Assert.IsNotType<EndOfStreamException>(failure);
    }

    [Fact]
    public async Task A_store_that_stalls_in_a_read_fails_it_in_time()
    {
        var store = await container.OpenAsync(timeout: TimeSpan.FromSeconds(1));
        await store.PutAsync("a", new byte[1_000_000], Ct);
        container.Relay.StallAfter = 300_000;

        var (_, got) = await store.ReadToFailureAsync("a", Ct).WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.InRange(got, 0, 300_000);
    }

    [Fact]
    public async Task A_wrong_key_says_which_setting_is_wrong_and_shows_no_secret()
    {
        var wrong = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
        var store = await container.OpenAsync(wrong);

        var failure = await Assert.ThrowsAsync<IOException>(() => store.CreateAsync("a", Ct));
        var probe = await store.ProbeAsync(Ct);

        Assert.Contains("check AccountName and AccountKey in ConnectionStrings:blobs", failure.Message, StringComparison.Ordinal);
        Assert.Equal((false, true), (probe.Writable, probe.Reason!.Contains("AccountKey", StringComparison.Ordinal)));
        Assert.DoesNotContain(wrong, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", failure.Message + probe.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("SharedKey", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, "AuthenticationFailed", "the AccountKey or AccountName in ConnectionStrings:blobs is wrong or the key was rotated")]
    [InlineData(403, "AuthorizationPermissionMismatch", "give it the role 'Storage Blob Data Contributor'")]
    [InlineData(403, "KeyBasedAuthenticationNotPermitted", "takes no account keys")]
    [InlineData(403, "AccountIsDisabled", "a storage account that is disabled")]
    [InlineData(401, "NoAuthenticationInformation", "denied access")]
    [InlineData(404, "ContainerNotFound", "does not exist: create it")]
    [InlineData(400, "InvalidHeaderValue", "answered unexpectedly (status 400, InvalidHeaderValue")]
    public async Task What_the_service_refuses_is_said_in_words(int status, string code, string words)
    {
        var store = await container.OpenAsync();
        await store.EnsureContainerAsync(Ct);
        container.Relay.AnswerOnce(request => request.Method == "GET", status, code);

        var failure = await Assert.ThrowsAsync<IOException>(() => store.ReadAsync("a", 0, 1, Ct));

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_of_a_name_in_upload_leaves_the_upload_alone()
    {
        var store = await container.OpenAsync();
        await using var upload = await store.CreateAsync("a", Ct);
        await upload.Content.WriteAsync(new byte[9_000_000], Ct);

        Assert.False(await store.DeleteAsync("a", Ct));

        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
        Assert.Equal(9_000_000, (await store.GetAsync("a", Ct)).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task Blocks_that_nobody_commits_do_not_take_the_name(int length)
    {
        var store = await container.OpenAsync();
        await using (var given = await store.CreateAsync("a", Ct))
            await given.Content.WriteAsync(new byte[9_000_000], Ct);

        Assert.Equal(PutOutcome.Created, await store.PutAsync("a", new byte[length], Ct));
        Assert.Equal(PutOutcome.AlreadyExists, await store.PutAsync("a", new byte[length], Ct));
        Assert.Equal(length, (await store.GetAsync("a", Ct)).Length);
    }

    [Fact]
    public async Task A_missing_container_is_said_and_is_not_an_absent_object()
    {
        var store = await container.OpenAsync();

        var failure = await Assert.ThrowsAsync<IOException>(() => store.ReadAsync("a", 0, 1, Ct));

        Assert.Contains($"container '{container.Name}' does not exist", failure.Message, StringComparison.Ordinal);
        Assert.Equal(PutOutcome.Created, await store.PutAsync("a", new byte[1], Ct));
    }

    [Fact]
    public async Task A_store_out_of_space_is_full()
    {
        var store = await container.OpenAsync();
        await store.EnsureContainerAsync(Ct);
        container.Relay.AnswerOnce(request => request.Method == "PUT", 507, "InsufficientStorage");

        await Assert.ThrowsAsync<ObjectStoreFullException>(() => store.PutAsync("a", new byte[1], Ct));
    }

    [Fact]
    public async Task A_store_that_is_away_is_a_failure_in_words_without_its_address()
    {
        var store = await container.OpenAsync();
        await container.Relay.DisposeAsync();

        var failure = await Assert.ThrowsAsync<IOException>(() => store.ReadAsync("a", 0, 1, Ct));
        var probe = await store.ProbeAsync(Ct);

        Assert.Contains("cannot be reached", failure.Message, StringComparison.Ordinal);
        Assert.Equal(failure.Message, probe.Reason);
        Assert.DoesNotContain("127.0.0.1", failure.Message, StringComparison.Ordinal);
    }
}
