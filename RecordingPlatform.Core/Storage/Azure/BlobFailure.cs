using System.Text.RegularExpressions;
using Azure;
using Azure.Identity;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>
/// What went wrong, in words for the one who has to repair it: container, setting, and the service's own code and request id;
/// never an address, a key or a signature.
/// </summary>
internal static partial class BlobFailure
{
    public static string? CodeOf(Response response) => response.Headers.TryGetValue("x-ms-error-code", out var code) ? code : null;

    /// <summary>An answer that the caller has no use for.</summary>
    public static IOException Of(Response response, string container)
    {
        var code = CodeOf(response) ?? "no code";
        var store = $"The object store's container '{container}'";
        var answer = $"(status {response.Status}, {code}, request {Id(response)})";
        return (response.Status, code) switch
        {
            (507, _) => new ObjectStoreFullException($"{store} is full {answer}."),
            (403, "AuthenticationFailed") => new IOException(
                $"{store} refused the signature: the AccountKey or AccountName in ConnectionStrings:blobs is wrong or the key was rotated, or this machine's clock is off by more than 15 minutes {answer}."),
            (403, "AuthorizationPermissionMismatch" or "InsufficientAccountPermissions") => new IOException(
                $"{store} knows this identity but does not let it work: give it the role 'Storage Blob Data Contributor' {answer}."),
            (403, "KeyBasedAuthenticationNotPermitted") => new IOException(
                $"{store} takes no account keys: set ConnectionStrings:blobs to the URL of the account's blob service, and give this identity the role 'Storage Blob Data Contributor' {answer}."),
            (403, "AccountIsDisabled") => new IOException($"{store} belongs to a storage account that is disabled {answer}."),
            (401 or 403, _) => new IOException(
                $"{store} denied access: check AccountName and AccountKey in ConnectionStrings:blobs, or with Entra ID this identity's role 'Storage Blob Data Contributor', and the account's firewall {answer}."),
            (404, "ContainerNotFound") => new IOException($"{store} does not exist: create it, or start again with a right to create it {answer}."),
            (409, "ContainerBeingDeleted") => new IOException($"{store} is being deleted {answer}."),
            (429 or >= 500, _) => new IOException($"{store} is not available now {answer}."),
            _ => new IOException($"{store} answered unexpectedly {answer}."),
        };
    }

    public static IOException NoAnswer(string container, Exception failure)
    {
        var store = $"The object store's container '{container}'";
        return failure switch
        {
            CredentialUnavailableException => new IOException(
                $"{store} was not asked, because this process finds no identity to sign in to Entra ID with: give it a managed identity (AZURE_CLIENT_ID chooses one) or see why the one it has does not answer, or put AccountName and AccountKey into ConnectionStrings:blobs.", failure),
            AuthenticationFailedException => new IOException(
                $"{store} was not asked, because signing in to Entra ID failed ({SignInCodeOf(failure)}): check that the identity (AZURE_CLIENT_ID, AZURE_TENANT_ID) still exists, that its secret or certificate has not expired, and that this machine reaches Entra ID.", failure),
            OperationCanceledException => new IOException($"{store} did not answer in time.", failure),
            _ => new IOException($"{store} cannot be reached: check the address in ConnectionStrings:blobs and the network.", failure),
        };
    }

    // Entra ID's own code stands only in the words of the failure, between ids that are not for everybody.
    static string SignInCodeOf(Exception failure) => SignInCode().Match(failure.Message) is { Success: true } code ? code.Value : "no code";

    static string Id(Response response) => response.Headers.TryGetValue("x-ms-request-id", out var id) ? id : "unknown";

    [GeneratedRegex("AADSTS[0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)] private static partial Regex SignInCode();
}
