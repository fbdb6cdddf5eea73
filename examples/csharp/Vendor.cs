/// <summary>What "paidup keys export" prints, as constants of the app.</summary>
internal static class Vendor
{
    internal const string Issuer = "https://licenses.example.com";
    internal const string Root = "1-1KDvGaI4OlzbxBVx_o2jRt-IjHZr8sWPTon7PNJlY";

    /// <summary>For a build that is tried out with licenses that nobody has paid for.</summary>
    internal const bool Test = false;

    /// <summary>Where the license is kept, if not in the user's own folder.</summary>
    internal const string Folder = null;
}
