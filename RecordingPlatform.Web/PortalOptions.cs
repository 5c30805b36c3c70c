using Microsoft.Extensions.Options;

namespace RecordingPlatform.Web;

/// <summary>What the portal must be told before it can serve a page. Checked at start, all faults at once.</summary>
internal sealed class PortalOptions
{
    public const string ApiAddressKey = "services:api:http:0";
    public const string ApiPublicUrlKey = "Api:PublicUrl";
    public const string ApiKeyKey = "Portal:ApiKey";

    /// <summary>Where the portal itself reaches the API.</summary>
    public string? ApiAddress { get; set; }

    /// <summary>The API's origin as browsers see it: uploads and media go straight there.</summary>
    public string? ApiPublicUrl { get; set; }

    /// <summary>The service credential, sent with every call.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Scheme, host and port, as the content security policy names them.</summary>
    public string ApiOrigin => new Uri(ApiPublicUrl!).GetLeftPart(UriPartial.Authority);

    internal sealed class Validator : IValidateOptions<PortalOptions>
    {
        public ValidateOptionsResult Validate(string? name, PortalOptions options)
        {
            List<string> faults = [];
            RequireHttp(ApiAddressKey, options.ApiAddress, faults);
            RequireHttp(ApiPublicUrlKey, options.ApiPublicUrl, faults);
            if (string.IsNullOrWhiteSpace(options.ApiKey))
                faults.Add($"{ApiKeyKey} is missing: the service credential that `worker migrate` makes for the portal.");
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }

        static void RequireHttp(string key, string? value, List<string> faults)
        {
            if (string.IsNullOrWhiteSpace(value))
                faults.Add($"{key} is missing: an absolute http or https address.");
            else if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                faults.Add($"{key} is \"{value}\", which is not an absolute http or https address.");
            else if (address.AbsolutePath != "/" || address.Query.Length > 0)
                faults.Add($"{key} is \"{value}\": give scheme, host and port only.");
        }
    }
}
