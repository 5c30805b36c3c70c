using System.Security.Cryptography;
using Azure.Core.Cryptography;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Tests.Keys;

/// <summary>A KEK under test: its resolver and two of its versions.</summary>
public sealed record KekUnderTest(IKeyEncryptionKeyResolver Resolver, KekVersionKey First, KekVersionKey Second, string Unknown);

/// <summary>What every KEK promises, wherever it lives.</summary>
public abstract class KeyEncryptionKeyConformance
{
    const string Algorithm = "RSA-OAEP-256";

    protected abstract Task<KekUnderTest> StartAsync();

    [Fact]
    public async Task What_it_wraps_it_unwraps()
    {
        var kek = await StartAsync();
        var secret = RandomNumberGenerator.GetBytes(171);
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        Assert.Equal(kek.First.Id, key.KeyId);
        var wrapped = await key.WrapKeyAsync(Algorithm, secret);
        Assert.Equal(secret, await key.UnwrapKeyAsync(Algorithm, wrapped));
        Assert.Equal(secret, key.UnwrapKey(Algorithm, key.WrapKey(Algorithm, secret)));
        Assert.Equal(secret, kek.Resolver.Resolve(kek.First.Id).UnwrapKey(Algorithm, wrapped));
    }

    [Fact]
    public async Task Two_wraps_of_one_key_differ()
    {
        var kek = await StartAsync();
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        Assert.NotEqual(await key.WrapKeyAsync(Algorithm, new byte[32]), await key.WrapKeyAsync(Algorithm, new byte[32]));
    }

    [Fact]
    public async Task A_wrap_made_with_the_public_key_alone_opens()
    {
        var kek = await StartAsync();
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(kek.First.PublicKey, out _);
        var secret = RandomNumberGenerator.GetBytes(65);
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        Assert.Equal(secret, await key.UnwrapKeyAsync(Algorithm, rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA256)));
    }

    [Fact]
    public async Task A_changed_wrap_does_not_open()
    {
        var kek = await StartAsync();
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        var wrapped = await key.WrapKeyAsync(Algorithm, new byte[32]);
        wrapped[^1] ^= 1;
        await AssertFailsAsync(KekFailureKind.Tampered, () => key.UnwrapKeyAsync(Algorithm, wrapped));
        await AssertFailsAsync(KekFailureKind.Tampered, () => key.UnwrapKeyAsync(Algorithm, wrapped.AsMemory(..^1)));
        await AssertFailsAsync(KekFailureKind.Tampered, () => key.UnwrapKeyAsync(Algorithm, Array.Empty<byte>()));
    }

    [Fact]
    public async Task Another_version_does_not_open_a_wrap()
    {
        var kek = await StartAsync();
        var wrapped = await (await kek.Resolver.ResolveAsync(kek.First.Id)).WrapKeyAsync(Algorithm, new byte[32]);
        var other = await kek.Resolver.ResolveAsync(kek.Second.Id);
        Assert.Equal(kek.Second.Id, other.KeyId);
        await AssertFailsAsync(KekFailureKind.Tampered, () => other.UnwrapKeyAsync(Algorithm, wrapped));
    }

    [Fact]
    public async Task A_wrap_with_another_padding_does_not_open()
    {
        var kek = await StartAsync();
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(kek.First.PublicKey, out _);
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        await AssertFailsAsync(KekFailureKind.Tampered, () => key.UnwrapKeyAsync(Algorithm, rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA1)));
    }

    [Fact]
    public async Task A_version_it_does_not_have_is_denied()
    {
        var kek = await StartAsync();
        await AssertFailsAsync(KekFailureKind.Denied, async () =>
            await (await kek.Resolver.ResolveAsync(kek.Unknown)).UnwrapKeyAsync(Algorithm, new byte[384]));
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled()
    {
        var kek = await StartAsync();
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        var wrapped = await key.WrapKeyAsync(Algorithm, new byte[32]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => key.UnwrapKeyAsync(Algorithm, wrapped, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Many_callers_share_it()
    {
        var kek = await StartAsync();
        var key = await kek.Resolver.ResolveAsync(kek.First.Id);
        var secrets = Enumerable.Range(0, 24).Select(_ => RandomNumberGenerator.GetBytes(32)).ToList();
        var back = await Task.WhenAll(secrets.Select(async s => await key.UnwrapKeyAsync(Algorithm, await key.WrapKeyAsync(Algorithm, s))));
        Assert.Equal(secrets, back);
    }

    static async Task AssertFailsAsync(KekFailureKind expected, Func<Task<byte[]>> call)
    {
        var thrown = await Record.ExceptionAsync(call);
        Assert.NotNull(thrown);
        Assert.Equal(expected, KekFailure.Of(thrown)?.Kind);
    }
}

public sealed class LocalKekConformance : KeyEncryptionKeyConformance, IAsyncLifetime
{
    readonly KekFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override async Task<KekUnderTest> StartAsync()
    {
        var kek = await _folder.KekAsync(versions: 2);
        return new KekUnderTest(kek, kek.Versions[0], kek.Versions[1], "local:00000000000000000000000000000000");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The KEK that our fault tests put before the real one keeps its promises as long as it is not told to fail.</summary>
public sealed class FaultyKekConformance : KeyEncryptionKeyConformance, IAsyncLifetime
{
    readonly KekFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override async Task<KekUnderTest> StartAsync()
    {
        var kek = await _folder.KekAsync(versions: 2);
        return new KekUnderTest(new FaultyKek(kek), kek.Versions[0], kek.Versions[1], "local:00000000000000000000000000000000");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
