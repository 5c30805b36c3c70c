using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;
using RecordingPlatform.ServiceDefaults;
using RecordingPlatform.Web;
using RecordingPlatform.Web.Account;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Completeness;
using RecordingPlatform.Web.History;
using RecordingPlatform.Web.Jobs;
using RecordingPlatform.Web.Live;
using RecordingPlatform.Web.Recordings;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;
using RecordingPlatform.Web.Sources;

// The folder of the program, not of whoever starts it: its files lie beside it.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.WebHost.UseStaticWebAssets();
if (!builder.Environment.IsDevelopment())
    builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false"; // else a build that was not published lets no browser keep a file
builder.AddServiceDefaults();
// Every page that somebody asks for before signing in is no news.
builder.Logging.AddFilter(typeof(PortalSessionHandler).FullName, LogLevel.Warning);
var services = builder.Services;

services.AddSingleton<IValidateOptions<PortalOptions>, PortalOptions.Validator>();
services.AddOptions<PortalOptions>().ValidateOnStart().Configure(options =>
{
    options.ApiAddress = builder.Configuration[PortalOptions.ApiAddressKey];
    options.ApiPublicUrl = builder.Configuration[PortalOptions.ApiPublicUrlKey];
    options.ApiKey = builder.Configuration[PortalOptions.ApiKeyKey];
});

services.AddHttpContextAccessor();
services.AddHttpClient<PlatformApi>(nameof(PlatformApi), (provider, http) => PlatformApi.Configure(http, provider.GetRequiredService<IOptions<PortalOptions>>().Value));

services.AddSingleton<ApiKeyRing>();
services.AddDataProtection().SetApplicationName("RecordingPlatform.Web");
services.AddOptions<KeyManagementOptions>().Configure<ApiKeyRing>((options, ring) =>
{
    options.XmlRepository = ring;
    // The API seals the ring; a second seal would need a key that every replica of the portal holds.
    options.XmlEncryptor = new NullXmlEncryptor();
});

services.AddAuthentication(PortalSessionHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, PortalSessionHandler>(PortalSessionHandler.SchemeName, null);
services.AddAuthorizationBuilder()
    .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
    .AddPolicy(Permission.RecordingsUpload, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.RecordingsUpload))
    .AddPolicy(Permission.RecordingsDelete, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.RecordingsDelete))
    .AddPolicy(Permission.CompletenessRead, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.CompletenessRead))
    .AddPolicy(Permission.CompletenessManage, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.CompletenessManage))
    .AddPolicy(Permission.SourcesRead, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.SourcesRead))
    .AddPolicy(Permission.SourcesManage, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.SourcesManage))
    .AddPolicy(Permission.JobsRead, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.JobsRead))
    .AddPolicy(Permission.JobsRequeue, policy => policy.RequireClaim(PortalSessionHandler.PermissionClaim, Permission.JobsRequeue));
services.AddAntiforgery(options =>
{
    options.Cookie.Name = "portal-form";
    options.Cookie.SameSite = SameSiteMode.Strict;
    options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
    // The content security policy says it for every answer.
    options.SuppressXFrameOptionsHeader = true;
});
services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = PlatformApi.Json.PropertyNamingPolicy);
services.AddRazorComponents();
services.AddScoped<Appearance>();
services.AddSingleton<SignInStep>();

var app = builder.Build();

app.UseMiddleware<SecurityHeaders>();
ErrorPages.Use(app);
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();

app.MapStaticAssets().AllowAnonymous();
app.MapServiceDefaults();
app.MapRazorComponents<App>().WithStaticAssets();
SignOut.Map(app);
SetTheme.Map(app);
RecordingEndpoints.Map(app);
TitleEndpoints.Map(app);
NoteEndpoints.Map(app);
SelectionExport.Map(app);
SavedFilters.Map(app);
LiveEvents.Map(app);
UploadTicket.Map(app);
PlainUpload.Map(app);
EndDevices.Map(app);
OpenPlayer.Map(app);
LookAgain.Map(app);
TestSource.Map(app);
TryAgain.Map(app);
ErrorPages.Map(app);

await app.RunAsync();
