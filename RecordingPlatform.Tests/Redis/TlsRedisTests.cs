using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Redis;

public sealed class TlsRedisTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rp-redis-tls-");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task With_ssl_it_speaks_to_a_server_whose_certificate_is_trusted_and_has_its_name_and_to_no_other()
    {
        using var certificate = SelfSigned("localhost");
        var port = Ports.Free();
        await using var server = await RedisServer.StartAsync(
            "--tls-port", $"{port}", "--tls-auth-clients", "no",
            "--tls-cert-file", Write("cert.pem", certificate.ExportCertificatePem()),
            "--tls-key-file", Write("key.pem", certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()));
        var settings = RedisSettings.Parse($"127.0.0.1:{port},password={RedisServer.Password},ssl=True,sslHost=localhost") with { CallTimeout = Patience };
        X509Certificate2Collection trusted = [certificate];

        await using (var redis = await BecomesAsync(settings with { TrustedRoots = trusted }, RedisCondition.Answering))
            Assert.True(await redis.TryPingAsync(Ct));

        await using (var stranger = await BecomesAsync(settings, RedisCondition.Away))
            Assert.False(await stranger.TryPingAsync(Ct));

        await using (var otherName = await BecomesAsync(settings with { TrustedRoots = trusted, TlsHost = "redis.example" }, RedisCondition.Away))
            Assert.False(await otherName.TryPingAsync(Ct));

        // Never in the clear to a port that speaks no TLS.
        await using var plain = await BecomesAsync(settings with { TrustedRoots = trusted, Port = server.Port }, RedisCondition.Away);
        Assert.DoesNotContain("name=recordingplatform", await server.AskAsync("CLIENT", "LIST"), StringComparison.Ordinal);
    }

    static async Task<RedisClient> BecomesAsync(RedisSettings settings, RedisCondition condition)
    {
        var redis = new RedisClient(settings, TimeProvider.System, new LogLines());
        await Until.TrueAsync(() => Task.FromResult(redis.Health.Condition == condition), Patience, $"Redis is {condition}");
        return redis;
    }

    static X509Certificate2 SelfSigned(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
