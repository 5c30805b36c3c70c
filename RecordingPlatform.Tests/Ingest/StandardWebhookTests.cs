using System.Text;
using RecordingPlatform.Core.Ingest;

namespace RecordingPlatform.Tests.Ingest;

/// <summary>Against the published vector of Standard Webhooks 1.0.0, and against what must not pass.</summary>
public sealed class StandardWebhookTests
{
    const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const string Timestamp = "1614265330";
    const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");
    static readonly DateTimeOffset SentAt = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    [Fact]
    public void The_published_vector_is_genuine_and_is_what_we_sign()
    {
        Assert.Equal(WebhookVerdict.Genuine, Verify());
        Assert.Equal(Signature, StandardWebhook.Sign(StandardWebhook.KeyOf(Secret)!, Id, 1614265330, Body));
    }

    [Fact]
    public void One_genuine_signature_among_others_is_enough_and_so_is_one_secret_of_two()
    {
        Assert.Equal(WebhookVerdict.Genuine, Verify(signatures: "v1a,AAAA v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= " + Signature));
        Assert.Equal(WebhookVerdict.Genuine, Verify(secrets: [StandardWebhook.NewSecret(), Secret]));
    }

    [Theory]
    [InlineData(300, WebhookVerdict.Genuine)]
    [InlineData(-300, WebhookVerdict.Genuine)]
    [InlineData(301, WebhookVerdict.OutOfTime)]
    [InlineData(-301, WebhookVerdict.OutOfTime)]
    public void A_capture_is_good_for_five_minutes_and_a_clock_may_be_as_much_ahead(int late, WebhookVerdict expected)
    {
        Assert.Equal(expected, StandardWebhook.Verify(Keys([Secret]), Id, Timestamp, Signature, Body, SentAt.AddSeconds(late), out var skew));
        Assert.Equal(TimeSpan.FromSeconds(late), skew);
    }

    [Fact]
    public void Whoever_changes_anything_forges()
    {
        Assert.Equal(WebhookVerdict.Forged, Verify(id: Id + "x"));
        Assert.Equal(WebhookVerdict.Forged, Verify(timestamp: "1614265331"));
        Assert.Equal(WebhookVerdict.Forged, Verify(body: Encoding.UTF8.GetBytes("""{"test": 2432232315}""")));
        Assert.Equal(WebhookVerdict.Forged, Verify(secrets: [StandardWebhook.NewSecret()]));
        Assert.Equal(WebhookVerdict.Forged, Verify(secrets: []));
    }

    // An old capture with a signature of somebody else's is forged, not merely old: the sender's clock is not to blame.
    [Fact]
    public void A_wrong_signature_is_wrong_whatever_its_time() =>
        Assert.Equal(WebhookVerdict.Forged, StandardWebhook.Verify(Keys([StandardWebhook.NewSecret()]), Id, Timestamp, Signature, Body, SentAt.AddDays(1), out _));

    [Theory]
    [InlineData(null, Timestamp, Signature)]
    [InlineData("", Timestamp, Signature)]
    [InlineData(Id, null, Signature)]
    [InlineData(Id, "1614265330.5", Signature)]
    [InlineData(Id, "-1614265330", Signature)]
    [InlineData(Id, "99999999999999", Signature)]
    [InlineData(Id, Timestamp, null)]
    [InlineData(Id, Timestamp, "")]
    [InlineData(Id, Timestamp, "v1,not-base64")]
    [InlineData(Id, Timestamp, "v1,AAAA")]
    [InlineData(Id, Timestamp, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    public void Headers_that_hold_no_signature_are_malformed(string? id, string? timestamp, string? signatures) =>
        Assert.Equal(WebhookVerdict.Malformed, StandardWebhook.Verify(Keys([Secret]), id, timestamp, signatures, Body, SentAt, out _));

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_AAAA")]
    [InlineData("whsec_!!!!")]
    public void A_secret_is_24_to_64_bytes_behind_its_prefix(string text) => Assert.Null(StandardWebhook.KeyOf(text));

    [Fact]
    public void Secrets_of_24_and_64_bytes_are_taken_and_of_65_not()
    {
        Assert.NotNull(StandardWebhook.KeyOf("whsec_" + Convert.ToBase64String(new byte[24])));
        Assert.NotNull(StandardWebhook.KeyOf("whsec_" + Convert.ToBase64String(new byte[64])));
        Assert.Null(StandardWebhook.KeyOf("whsec_" + Convert.ToBase64String(new byte[65])));
    }

    static WebhookVerdict Verify(string[]? secrets = null, string id = Id, string timestamp = Timestamp, string signatures = Signature, byte[]? body = null) =>
        StandardWebhook.Verify(Keys(secrets ?? [Secret]), id, timestamp, signatures, body ?? Body, SentAt, out _);

    static List<ReadOnlyMemory<byte>> Keys(string[] secrets) => [.. secrets.Select(s => (ReadOnlyMemory<byte>)StandardWebhook.KeyOf(s)!)];
}
