using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Security.Cryptography;
using Azure;
using Azure.Core;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Tests.Keys;

public sealed class KekFailureTests
{
    [Theory]
    [InlineData(0, KekFailureKind.Outage)]
    [InlineData(400, KekFailureKind.Tampered)]
    [InlineData(401, KekFailureKind.Denied)]
    [InlineData(403, KekFailureKind.Denied)]
    [InlineData(404, KekFailureKind.Denied)]
    [InlineData(408, KekFailureKind.Outage)]
    [InlineData(429, KekFailureKind.Outage)]
    [InlineData(500, KekFailureKind.Outage)]
    [InlineData(503, KekFailureKind.Outage)]
    [InlineData(599, KekFailureKind.Outage)]
    [InlineData(409, null)]
    public void A_vaults_status_says_whether_it_is_away_or_refuses(int status, object? kind) =>
        Assert.Equal(kind, (object?)KekFailure.Of(new RequestFailedException(status, "said"))?.Kind);

    [Fact]
    public void What_happens_on_the_way_to_the_KEK_is_an_outage()
    {
        Exception[] onTheWay =
        [
            new TimeoutException(), new OperationCanceledException(), new TaskCanceledException(), new HttpRequestException(), new SocketException(), new IOException(),
            new AggregateException(new RequestFailedException(403, "said"), new RequestFailedException(503, "said")),
        ];
        Assert.All(onTheWay, e => Assert.Equal(KekFailureKind.Outage, KekFailure.Of(e)?.Kind));
        Assert.Equal(KekFailureKind.Denied, KekFailure.Of(new AggregateException(new RequestFailedException(503, "said"), new RequestFailedException(403, "said")))?.Kind);
        Assert.Equal(KekFailureKind.Tampered, KekFailure.Of(new CryptographicException())?.Kind);
        Assert.Null(KekFailure.Of(new NotSupportedException()));
    }

    [Theory]
    [InlineData("17", 17, 17)]
    [InlineData("86400", 86400, 300)]
    [InlineData("0", null, 1)]
    [InlineData("soon", null, 1)]
    public void A_vault_that_names_a_time_is_left_alone_for_that_time_in_reason(string header, int? asked, int kept)
    {
        using var response = new Throttled(header);
        var failure = KekFailure.Of(new RequestFailedException(response));
        Assert.Equal(asked, (int?)failure?.RetryAfter?.TotalSeconds);
        var clock = new ManualClock();
        Assert.Equal(TimeSpan.FromSeconds(kept), KekStanding.Unknown(clock).Failed(failure!, clock).PauseLeft(clock));
    }

    sealed class Throttled(string retryAfter) : Response
    {
        public override int Status => 429;
        public override string ReasonPhrase => "Too Many Requests";
        public override Stream? ContentStream { get; set; } = new MemoryStream();
        public override string ClientRequestId { get; set; } = "";

        public override void Dispose() => ContentStream?.Dispose();

        protected override bool ContainsHeader(string name) => name == "Retry-After";

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [new HttpHeader("Retry-After", retryAfter)];

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = ContainsHeader(name) ? retryAfter : null;
            return value is not null;
        }

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = ContainsHeader(name) ? [retryAfter] : null;
            return values is not null;
        }
    }
}
