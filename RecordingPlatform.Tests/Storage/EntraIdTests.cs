using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using RecordingPlatform.Core.Storage.Azure;

namespace RecordingPlatform.Tests.Storage;

/// <summary>Azure Blob Storage by Entra ID, which no emulator speaks: what is asked for, what is sent, and what is said when nobody signs in.</summary>
public sealed class EntraIdTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_carry_the_token_that_was_asked_for_once_and_the_version_of_the_service()
    {
        List<string> asked = [];
        using var account = new Account();
        var store = Open(account, context =>
        {
            asked.AddRange(context.Scopes);
            return new AccessToken("token-of-this-process", TimeProvider.System.GetUtcNow().AddHours(1));
        });

        Assert.Null(await store.GetTierAsync("a", Ct));
        Assert.Null(await store.GetTierAsync("b", Ct));

        Assert.Equal(
            ["https://ours.blob.core.windows.net/recordings/a", "https://ours.blob.core.windows.net/recordings/b"],
            account.Seen.Select(request => request.Url));
        Assert.All(account.Seen, request =>
        {
            Assert.Equal("Bearer token-of-this-process", request.Headers["Authorization"]);
            Assert.Equal("2023-11-03", request.Headers["x-ms-version"]);
        });
        Assert.Equal(["https://storage.azure.com/.default"], asked);
    }

    [Fact]
    public async Task Without_an_identity_nothing_is_sent_and_it_is_said_how_to_give_one()
    {
        var message = await RefusalAsync(new CredentialUnavailableException("No response received from the managed identity endpoint."));

        Assert.Contains("container 'recordings' was not asked, because this process finds no identity", message, StringComparison.Ordinal);
        Assert.Contains("give it a managed identity (AZURE_CLIENT_ID chooses one)", message, StringComparison.Ordinal);
        Assert.Contains("put AccountName and AccountKey into ConnectionStrings:blobs", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ClientSecretCredential authentication failed: AADSTS7000222: The secret of app 'f9c3e1' is expired.", "(AADSTS7000222)")]
    [InlineData("ClientSecretCredential authentication failed: login.example of 'f9c3e1' does not answer.", "(no code)")]
    public async Task A_sign_in_that_fails_sends_nothing_and_is_said_with_the_code_and_what_to_check(string words, string code)
    {
        var message = await RefusalAsync(new AuthenticationFailedException(words));

        Assert.Contains($"container 'recordings' was not asked, because signing in to Entra ID failed {code}", message, StringComparison.Ordinal);
        Assert.Contains("its secret or certificate has not expired", message, StringComparison.Ordinal);
        Assert.DoesNotContain("f9c3e1", message, StringComparison.Ordinal);
    }

    static async Task<string> RefusalAsync(AuthenticationFailedException cause)
    {
        using var account = new Account();
        var store = Open(account, _ => throw cause);

        var failure = await Assert.ThrowsAsync<IOException>(() => store.GetTierAsync("a", Ct));
        var probe = await store.ProbeAsync(Ct);

        Assert.Same(cause, failure.InnerException);
        Assert.Equal((false, failure.Message), (probe.Writable, probe.Reason));
        Assert.Empty(account.Seen);
        return failure.Message;
    }

    static AzureObjectStore Open(Account account, Func<TokenRequestContext, AccessToken> signIn)
    {
        Assert.True(BlobConnection.TryParse("https://ours.blob.core.windows.net", out var connection, out var error), error);
        return new AzureObjectStore(
            new BlobHttp(connection, TimeSpan.FromSeconds(30), TimeProvider.System, new Identity(signIn), new HttpClientTransport(account)), "recordings");
    }

    sealed class Identity(Func<TokenRequestContext, AccessToken> signIn) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => signIn(requestContext);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => ValueTask.FromResult(signIn(requestContext));
    }

    /// <summary>Holds no blobs, and keeps what it was asked.</summary>
    sealed class Account : HttpMessageHandler
    {
        public List<(string Url, Dictionary<string, string> Headers)> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add(($"{request.RequestUri}", request.Headers.ToDictionary(header => header.Key, header => string.Join(' ', header.Value), StringComparer.OrdinalIgnoreCase)));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));
        }
    }
}
